import { createServer } from 'node:http';

/**
 * The yardstick: node:http answering every request with one GenerateDataKey answer, prepared beforehand. Text,
 * not bytes: Node sends it together with the header in one write.
 */
const body = JSON.stringify({
  KeyId: '3e2b9f0c-6f0a-4c57-9a6e-0d1f4a7c5b21',
  KeyVersionId: '9d3c1a52-7be4-4d0b-8f7a-5e6a1c2b3d4f',
  Plaintext: Buffer.alloc(32, 7).toString('base64'),
  // 126 bytes of header, 44 of Base64 text, 16 of tag.
  CiphertextBlob: Buffer.alloc(186, 9).toString('base64'),
  RequestId: 'A57FBFD7-FC9A-54FE-A876-4D5E19577186',
});
const headers = {
  'Content-Type': 'application/json;charset=utf-8',
  'x-acs-request-id': 'A57FBFD7-FC9A-54FE-A876-4D5E19577186',
  'Content-Length': Buffer.byteLength(body),
};

const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
