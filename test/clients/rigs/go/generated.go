package main

import (
	"os"
	"reflect"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	teakms "github.com/alibabacloud-go/kms-20160120/v3/client"
	"github.com/alibabacloud-go/tea/tea"
)

// generated is the present generation: github.com/alibabacloud-go/kms-20160120.
func generated() call {
	config := &openapi.Config{AccessKeyId: &id, AccessKeySecret: &secret, Endpoint: &endpoint, Protocol: &scheme}
	config.RegionId = tea.String(region)
	if file := os.Getenv("KEYHOLD_CA"); file != "" {
		config.Ca = tea.String(string(must(os.ReadFile(file))))
	}
	client := must(teakms.NewClient(config))
	return func(operation string, given parameters) (any, error) {
		method := reflect.ValueOf(client).MethodByName(operation)
		if !method.IsValid() {
			return nil, errMissing
		}
		var arguments []reflect.Value
		if method.Type().NumIn() == 1 {
			request := reflect.New(method.Type().In(0).Elem())
			fill(request.Interface(), given)
			arguments = append(arguments, request)
		}
		response, err := results(method.Call(arguments))
		if err != nil {
			return nil, err
		}
		return reflect.ValueOf(response).Elem().FieldByName("Body").Interface(), nil
	}
}
