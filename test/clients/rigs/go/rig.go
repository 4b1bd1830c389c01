// Command rig drives the Go clients: `rig <client>`.
// One call per line comes in, one answer per line goes out; see ../../rig.ts.
package main

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"os"
	"reflect"

	"github.com/alibabacloud-go/tea/tea"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
)

type parameters = map[string]any

type call func(operation string, given parameters) (any, error)

// identity is who signs, in the words of the credentials libraries.
type identity struct {
	Type, AccessKeyId, AccessKeySecret, SecurityToken string
	RoleArn, RoleSessionName, Policy, ExternalId      string
	OidcProviderArn, OidcTokenFilePath                string
}

// target is the product that a client is for, and who signs.
type target struct {
	Product, Version string
	As               identity
}

const region = "cn-hangzhou"

var (
	scheme   = os.Getenv("KEYHOLD_SCHEME")
	endpoint = os.Getenv("KEYHOLD_ENDPOINT")
	account  = identity{
		Type:            "access_key",
		AccessKeyId:     os.Getenv("KEYHOLD_ACCESS_KEY_ID"),
		AccessKeySecret: os.Getenv("KEYHOLD_ACCESS_KEY_SECRET"),
	}
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

// sealOrOpen seals or opens data with AES-GCM, as an application does with a data key.
func sealOrOpen(operation string, key, data []byte) (any, error) {
	gcm := must(cipher.NewGCM(must(aes.NewCipher(key))))
	if operation == "seal" {
		nonce := make([]byte, gcm.NonceSize())
		must(rand.Read(nonce))
		return map[string][]byte{"data": gcm.Seal(nonce, nonce, data, nil)}, nil
	}
	text, err := gcm.Open(nil, data[:gcm.NonceSize()], data[gcm.NonceSize():], nil)
	return map[string][]byte{"data": text}, err
}

// wrap encrypts key material for its import.
func wrap(publicKey, material []byte, algorithm string) (any, error) {
	hashes := map[string]func() hash.Hash{"RSAES_OAEP_SHA_1": sha1.New, "RSAES_OAEP_SHA_256": sha256.New}
	key := must(x509.ParsePKIXPublicKey(publicKey)).(*rsa.PublicKey)
	wrapped, err := rsa.EncryptOAEP(hashes[algorithm](), rand.Reader, key, material, nil)
	return map[string][]byte{"data": wrapped}, err
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
			"detail": refused.AccessDeniedDetail(),
		}}
	case errors.As(err, &teaRefused):
		return parameters{"error": parameters{
			"code": teaRefused.Code, "status": teaRefused.StatusCode, "message": teaRefused.Message,
			"detail": teaRefused.AccessDeniedDetail,
		}}
	}
	return parameters{"error": parameters{"code": "client", "message": err.Error()}}
}

func main() {
	connect := map[string]func(target) call{
		"go-sdk": typed, "go-common": common, "go-tea": generated, "go-credentials": generated,
	}[os.Args[1]]
	connected := map[target]call{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		request := struct {
			target
			Operation  string
			Parameters parameters
		}{target: target{As: account}}
		var local struct {
			Parameters struct {
				Key, Data, PublicKey, Material []byte
				Algorithm                      string
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			panic(err)
		}
		var reply parameters
		switch request.Operation {
		case "seal", "open", "wrap":
			if err := json.Unmarshal(lines.Bytes(), &local); err != nil {
				panic(err)
			}
			given := local.Parameters
			if request.Operation == "wrap" {
				reply = answer(wrap(given.PublicKey, given.Material, given.Algorithm))
			} else {
				reply = answer(sealOrOpen(request.Operation, given.Key, given.Data))
			}
		default:
			// A client per product and identity, as programs have them.
			invoke, known := connected[request.target]
			if !known {
				invoke = connect(request.target)
				connected[request.target] = invoke
			}
			reply = answer(invoke(request.Operation, request.Parameters))
		}
		fmt.Println(string(must(json.Marshal(reply))))
	}
}
