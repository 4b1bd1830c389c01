package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
)

// typed is the KMS client of alibaba-cloud-sdk-go.
func typed() call {
	config := sdk.NewConfig().WithScheme(scheme)
	if file := os.Getenv("KEYHOLD_CA"); file != "" {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(must(os.ReadFile(file)))
		config.WithHttpTransport(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}})
	}
	client := must(kms.NewClientWithOptions(region, config, credentials.NewAccessKeyCredential(id, secret)))
	client.Domain = endpoint
	return func(operation string, given parameters) (any, error) {
		method := reflect.ValueOf(client).MethodByName(operation)
		if !method.IsValid() {
			return nil, errMissing
		}
		// What the generated CreateXxxRequest functions do.
		request := reflect.New(method.Type().In(0).Elem())
		base := &requests.RpcRequest{}
		base.InitWithApiInfo("Kms", version, operation, "kms", "openAPI")
		base.Method = requests.POST
		request.Elem().FieldByName("RpcRequest").Set(reflect.ValueOf(base))
		fill(request.Interface(), asText(given))
		return results(method.Call([]reflect.Value{request}))
	}
}

// common makes the request that the aliyun command line tool makes of `aliyun kms <operation> --insecure|--secure
// --endpoint ...`. It finds a private CA the way the tool does: SSL_CERT_FILE.
func common() call {
	credential := credentials.NewAccessKeyCredential(id, secret)
	client := must(sdk.NewClientWithOptions(region, sdk.NewConfig(), credential))
	client.AppendUserAgent("Aliyun-CLI", "3")
	return func(operation string, given parameters) (any, error) {
		request := requests.NewCommonRequest()
		request.Product, request.Version, request.ApiName = "Kms", version, operation
		request.RegionId, request.Scheme, request.Domain = region, scheme, endpoint
		request.Method = requests.POST
		request.SetContentType("application/x-www-form-urlencoded")
		for name, value := range asText(given) {
			flatten(request.QueryParams, name, value)
		}
		response, err := client.ProcessCommonRequest(request)
		if err != nil {
			return nil, err
		}
		return json.RawMessage(response.GetHttpContentBytes()), nil
	}
}

func flatten(into map[string]string, name string, value any) {
	switch value := value.(type) {
	case []any:
		for index, item := range value {
			flatten(into, fmt.Sprintf("%s.%d", name, index+1), item)
		}
	case map[string]any:
		for key, item := range value {
			flatten(into, name+"."+key, item)
		}
	default:
		into[name] = fmt.Sprint(value)
	}
}

// asText writes scalars as the core library's request fields hold them, and maps as JSON text.
func asText(given parameters) parameters {
	text := parameters{}
	for name, value := range given {
		switch value.(type) {
		case []any:
			text[name] = value
		case map[string]any:
			text[name] = string(must(json.Marshal(value)))
		default:
			text[name] = fmt.Sprint(value)
		}
	}
	return text
}
