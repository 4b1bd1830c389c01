package main

import (
	"os"
	"reflect"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	teakms "github.com/alibabacloud-go/kms-20160120/v3/client"
	util "github.com/alibabacloud-go/tea-utils/v2/service"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/credentials-go/credentials"
)

// generated is the present generation: github.com/alibabacloud-go/kms-20160120, and for the other products the
// generic call that such a client makes.
func generated(to target) call {
	config := &openapi.Config{Endpoint: &endpoint, Protocol: &scheme, RegionId: tea.String(region)}
	sign(config, to.As)
	if file := os.Getenv("KEYHOLD_CA"); file != "" {
		config.Ca = tea.String(string(must(os.ReadFile(file))))
	}
	if to.Product != "Kms" {
		return generic(to, must(openapi.NewClient(config)))
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

// sign has the client sign with a key or session, or with what a provider of credentials-go fetches.
func sign(config *openapi.Config, who identity) {
	if os.Args[1] != "go-credentials" {
		config.AccessKeyId, config.AccessKeySecret = &who.AccessKeyId, &who.AccessKeySecret
		config.SecurityToken = set(who.SecurityToken)
		return
	}
	config.Credential = must(credentials.NewCredential(&credentials.Config{
		Type:              &who.Type,
		AccessKeyId:       set(who.AccessKeyId),
		AccessKeySecret:   set(who.AccessKeySecret),
		SecurityToken:     set(who.SecurityToken),
		RoleArn:           set(who.RoleArn),
		RoleSessionName:   set(who.RoleSessionName),
		Policy:            set(who.Policy),
		ExternalId:        set(who.ExternalId),
		OIDCProviderArn:   set(who.OidcProviderArn),
		OIDCTokenFilePath: set(who.OidcTokenFilePath),
		STSEndpoint:       &endpoint,
	}))
}

// set is the field of a text that is not empty.
func set(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func generic(to target, client *openapi.Client) call {
	return func(operation string, given parameters) (any, error) {
		query := map[string]string{}
		for name, value := range asText(to.Product, given) {
			flatten(query, name, value)
		}
		request := &openapi.OpenApiRequest{Query: map[string]*string{}}
		for name, value := range query {
			request.Query[name] = tea.String(value)
		}
		runtime := &util.RuntimeOptions{}
		if operation == "AssumeRoleWithOIDC" {
			// The one that needs no signature, as the generated client of STS makes it.
			response, err := client.DoRPCRequest(&operation, &to.Version, tea.String("HTTPS"), tea.String("POST"),
				tea.String("Anonymous"), tea.String("json"), request, runtime)
			return response["body"], err
		}
		params := (&openapi.Params{}).SetAction(operation).SetVersion(to.Version).SetProtocol("HTTPS").
			SetPathname("/").SetMethod("POST").SetAuthType("AK").SetStyle("RPC").
			SetReqBodyType("formData").SetBodyType("json")
		response, err := client.CallApi(params, request, runtime)
		return response["body"], err
	}
}
