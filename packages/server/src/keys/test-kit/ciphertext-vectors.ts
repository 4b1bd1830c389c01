/** Computed by a Python program from the layout: material 00..1f, salt 40..5f. */
export const KNOWN = {
  keyId: '0f3e1c2a-1b2c-4d3e-8f40-112233445566',
  primaryVersionId: '86a9efd9-3d16-4894-bd4f-1fc43f3f2abf',
  salt: Uint8Array.from({ length: 32 }, (_, i) => 64 + i),
  header: 'AQEPPhwqGyxNPo9AESIzRFVmhqnv2T0WSJS9Tx/EPz8qv0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5f',
  messages: [
    {
      name: 'no context',
      counter: 0,
      context: {},
      plaintext: 'SGVsbG8gd29ybGQ=',
      rest: 'AAAAAAAAAAAAAAAA6RbxNM7hG6fkvx6P/aJNewXY690Xil9elSJKh4QkIf3VQtEEGSP99mwLjf2pc3lSa34m0RuRPB2/fmqwmGQI7g==',
    },
    {
      name: 'a context',
      counter: 1,
      context: { Key2: 'Value2', Key1: 'Value1' },
      plaintext: 'SGVsbG8gd29ybGQ=',
      rest: 'AAAAAAAAAAAAAAAB6RbxNM7hG6fkvx6P/aJNewXY690Xil9elSJKh4QkIf0QrPEkKvK3xxvy7Zey8gN06CLRICB694TW1gnNcf0fAA==',
    },
    {
      name: 'the last of an epoch, empty',
      counter: 2 ** 20 - 1,
      context: {},
      plaintext: '',
      rest: 'AAAAAAAAAAAAD///6RbxNM7hG6fkvx6P/aJNewXY690Xil9elSJKh4QkIf21BSBzInqjPW1fk17/Oavz',
    },
    {
      name: 'not ASCII',
      counter: 7,
      context: { 用途: 'ключ 🔑', '': '' },
      plaintext: '密钥 🔑\r\n',
      rest: 'AAAAAAAAAAAAAAAH6RbxNM7hG6fkvx6P/aJNewXY690Xil9elSJKh4QkIf2txCExIhABBWmo/kBS44EhMBh85z8QFVTMaVp4Hg==',
    },
  ],
} as const;
