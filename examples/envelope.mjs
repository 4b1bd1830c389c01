// Envelope encryption of a file: the data key comes from the key management service, the work is done here.
//
//   npx keyhold call GenerateDataKey --KeyId alias/Apollo/WorkKey |
//     node examples/envelope.mjs encrypt report.pdf report.pdf.encrypted
//
//   node examples/envelope.mjs data-key report.pdf.encrypted |
//     npx keyhold call Decrypt --CiphertextBlob-file - |
//     node examples/envelope.mjs decrypt report.pdf.encrypted report.pdf
//
// The data key travels through pipes only: not through arguments, which every user of the machine can list,
// and not through files. Any Node from 20 on runs this; it needs nothing else.
//
// The encrypted file is one line of JSON, then AES-256-GCM ciphertext. The line holds the data key as the
// service encrypted it (CiphertextBlob), the nonce and the tag; it is authenticated with the content.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const commands = { encrypt, 'data-key': dataKey, decrypt };

const [command = '', ...paths] = process.argv.slice(2);
try {
  if (!Object.hasOwn(commands, command)) throw new Error('say encrypt, data-key or decrypt');
  commands[command](...paths);
} catch (error) {
  console.error(`envelope: ${error.message}`);
  process.exitCode = 1;
}

/** Standard input: the answer of GenerateDataKey. */
function encrypt(from, to) {
  const { key, CiphertextBlob } = readAnswer();
  const nonce = randomBytes(12); // a data key encrypts one file, so a random nonce is safe
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(CiphertextBlob));
  const content = Buffer.concat([cipher.update(readFileSync(from)), cipher.final()]);
  key.fill(0);
  const header = {
    CiphertextBlob,
    nonce: nonce.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
  writeFileSync(to, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), content]));
  console.log(`${to}: ${content.length} bytes encrypted; the data key is in it, encrypted by the service`);
}

/** Standard output: what to give to Decrypt. */
function dataKey(from) {
  console.log(readEncrypted(from).header.CiphertextBlob);
}

/** Standard input: the answer of Decrypt. */
function decrypt(from, to) {
  const { key } = readAnswer();
  const { header, content } = readEncrypted(from);
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(header.nonce, 'base64'), {
    authTagLength: 16,
  });
  decipher.setAAD(Buffer.from(header.CiphertextBlob));
  decipher.setAuthTag(Buffer.from(header.tag, 'base64'));
  const plain = Buffer.concat([decipher.update(content), decipher.final()]);
  key.fill(0);
  writeFileSync(to, plain, { mode: 0o600 });
  console.log(`${to}: ${plain.length} bytes, and nobody has changed them`);
}

function readAnswer() {
  const text = readFileSync(0, 'utf8');
  if (text === '') throw new Error('no answer of the service came on standard input');
  const { Plaintext, CiphertextBlob } = JSON.parse(text);
  return { key: Buffer.from(Plaintext, 'base64'), CiphertextBlob };
}

function readEncrypted(path) {
  const bytes = readFileSync(path);
  const end = bytes.indexOf('\n');
  return { header: JSON.parse(bytes.subarray(0, end)), content: bytes.subarray(end + 1) };
}
