package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/actiontrail"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
)

// signer is the credential of an access key or a session.
func signer(who identity) auth.Credential {
	if who.SecurityToken != "" {
		return credentials.NewStsTokenCredential(who.AccessKeyId, who.AccessKeySecret, who.SecurityToken)
	}
	return credentials.NewAccessKeyCredential(who.AccessKeyId, who.AccessKeySecret)
}

// typed is a product's client of alibaba-cloud-sdk-go.
func typed(to target) call {
	config := sdk.NewConfig().WithScheme(scheme)
	if file := os.Getenv("KEYHOLD_CA"); file != "" {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(must(os.ReadFile(file)))
		config.WithHttpTransport(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}})
	}
	var client any
	var base *sdk.Client
	switch signer := signer(to.As); to.Product {
	case "Kms":
		kms := must(kms.NewClientWithOptions(region, config, signer))
		client, base = kms, &kms.Client
	case "Ram":
		ram := must(ram.NewClientWithOptions(region, config, signer))
		client, base = ram, &ram.Client
	case "Sts":
		sts := must(sts.NewClientWithOptions(region, config, signer))
		client, base = sts, &sts.Client
	case "Actiontrail":
		actiontrail := must(actiontrail.NewClientWithOptions(region, config, signer))
		client, base = actiontrail, &actiontrail.Client
	}
	base.Domain = endpoint
	return func(operation string, given parameters) (any, error) {
		method := reflect.ValueOf(client).MethodByName(operation)
		if !method.IsValid() {
			return nil, errMissing
		}
		// What the generated CreateXxxRequest functions do.
		request := reflect.New(method.Type().In(0).Elem())
		base := &requests.RpcRequest{}
		base.InitWithApiInfo(to.Product, to.Version, operation, strings.ToLower(to.Product), "openAPI")
		base.Method = requests.POST
		request.Elem().FieldByName("RpcRequest").Set(reflect.ValueOf(base))
		fill(request.Interface(), asText(to.Product, given))
		return results(method.Call([]reflect.Value{request}))
	}
}

// common makes the request that the aliyun command line tool makes of `aliyun <product> <operation>
// --insecure|--secure --endpoint ...`. It finds a private CA the way the tool does: SSL_CERT_FILE.
func common(to target) call {
	client := must(sdk.NewClientWithOptions(region, sdk.NewConfig(), signer(to.As)))
	client.AppendUserAgent("Aliyun-CLI", "3")
	return func(operation string, given parameters) (any, error) {
		request := requests.NewCommonRequest()
		request.Product, request.Version, request.ApiName = to.Product, to.Version, operation
		request.RegionId, request.Scheme, request.Domain = region, scheme, endpoint
		request.Method = requests.POST
		request.SetContentType("application/x-www-form-urlencoded")
		for name, value := range asText(to.Product, given) {
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
		into[name] = scalar(value)
	}
}

// scalar is the text of a value; fmt would write large numbers with an exponent.
func scalar(value any) string {
	if number, is := value.(float64); is {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// asText writes scalars as the core library's request fields hold them, and maps as JSON text; with RAM lists too.
func asText(product string, given parameters) parameters {
	text := parameters{}
	for name, value := range given {
		_, isList := value.([]any)
		_, isMap := value.(map[string]any)
		switch {
		case isMap || isList && product == "Ram":
			text[name] = string(must(json.Marshal(value)))
		case isList:
			text[name] = value
		default:
			text[name] = scalar(value)
		}
	}
	return text
}
