// Command rig drives the Go clients: `rig <client>`.
// One call per line comes in, one answer per line goes out; see ../../rig.ts.
package main

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"

	"github.com/alibabacloud-go/tea/tea"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
)

type parameters = map[string]any

type call func(operation string, given parameters) (any, error)

const (
	region  = "cn-hangzhou"
	version = "2016-01-20"
)

var (
	scheme     = os.Getenv("KEYHOLD_SCHEME")
	endpoint   = os.Getenv("KEYHOLD_ENDPOINT")
	id         = os.Getenv("KEYHOLD_ACCESS_KEY_ID")
	secret     = os.Getenv("KEYHOLD_ACCESS_KEY_SECRET")
	errMissing = errors.New("the client does not offer this operation")
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// fill sets the fields of a request structure, which are named like the parameters.
func fill(request any, given parameters) {
	if err := json.Unmarshal(must(json.Marshal(given)), request); err != nil {
		panic(err)
	}
}

func results(values []reflect.Value) (any, error) {
	if err, failed := values[1].Interface().(error); failed {
		return nil, err
	}
	return values[0].Interface(), nil
}

// local seals and opens data with AES-GCM, as an application does with a data key.
func local(operation string, key, data []byte) (any, error) {
	gcm := must(cipher.NewGCM(must(aes.NewCipher(key))))
	if operation == "seal" {
		nonce := make([]byte, gcm.NonceSize())
		must(rand.Read(nonce))
		return map[string][]byte{"data": gcm.Seal(nonce, nonce, data, nil)}, nil
	}
	text, err := gcm.Open(nil, data[:gcm.NonceSize()], data[gcm.NonceSize():], nil)
	return map[string][]byte{"data": text}, err
}

func answer(body any, err error) parameters {
	var refused *sdkerrors.ServerError
	var teaRefused *tea.SDKError
	switch {
	case err == nil:
		return parameters{"body": body}
	case errors.Is(err, errMissing):
		return parameters{"missing": true}
	case errors.As(err, &refused):
		message := refused.Message() + " " + refused.Recommend()
		return parameters{"error": parameters{
			"code": refused.ErrorCode(), "status": refused.HttpStatus(), "message": message,
		}}
	case errors.As(err, &teaRefused):
		return parameters{"error": parameters{
			"code": teaRefused.Code, "status": teaRefused.StatusCode, "message": teaRefused.Message,
		}}
	}
	return parameters{"error": parameters{"code": "client", "message": err.Error()}}
}

func main() {
	clients := map[string]func() call{"go-sdk": typed, "go-common": common, "go-tea": generated}
	invoke := clients[os.Args[1]]()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var request struct {
			Operation  string
			Parameters parameters
		}
		var sealed struct{ Parameters struct{ Key, Data []byte } }
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			panic(err)
		}
		var reply parameters
		if request.Operation == "seal" || request.Operation == "open" {
			if err := json.Unmarshal(lines.Bytes(), &sealed); err != nil {
				panic(err)
			}
			reply = answer(local(request.Operation, sealed.Parameters.Key, sealed.Parameters.Data))
		} else {
			reply = answer(invoke(request.Operation, request.Parameters))
		}
		fmt.Println(string(must(json.Marshal(reply))))
	}
}
