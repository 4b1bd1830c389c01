import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sameBytes } from '../format/bytes.ts';
import { headerBytesOf, parseHeader, writeHeader } from '../format/header.ts';
import { type Inspection, inspectHeader } from '../inspect.ts';
import { changeRecipients, type RecipientChanges } from '../keys/change-recipients.ts';
import { contextOf, type ReadOptions } from '../keys/open-envelope.ts';
import { paddedLength } from '../keys/write-envelope.ts';
import { type OpenedFile, openFile, sidePath } from './envelope-file.ts';
import { InputFile, readUpTo } from './input-file.ts';
import { OutputFile, syncDirectory } from './output-file.ts';
import { writeAll } from './run.ts';
import { takeAfter } from './take-after.ts';

export interface Rewrapped extends Inspection {
  /** false: the new header did not fit, and the file was written anew. */
  readonly inPlace: boolean;
}

/**
 * Changes who can open a file; its chunks stay as they are. Needs one recipient that opens it now. Where the new
 * header fits it is written in place, by way of a side file, so that a crash at any moment leaves a file that
 * opens; the next rewrap finishes what a crash interrupted. Not for two rewraps of one file at a time.
 */
export async function rewrapFile(
  path: string,
  changes: RecipientChanges,
  options: ReadOptions,
): Promise<Rewrapped> {
  using file = new InputFile(path, true);
  const opened = await openFile(file, options);
  using keys = opened.keys;
  try {
    settleSideFile(file, opened);
    const contextBytes = contextOf(opened.header, options);
    const parts = await changeRecipients(
      opened.header,
      opened.dataKey,
      contextBytes,
      changes,
      options.connect,
    );
    const needed = headerBytesOf(parts);
    const inPlace = needed <= opened.layout.headerBytes;
    const length = inPlace ? opened.layout.headerBytes : paddedLength(needed);
    const header = writeHeader(parts, length, (tagged) => keys.sign(tagged));
    file.assertUnchanged();
    if (inPlace) await writeInPlace(file, header);
    else await writeAnew(file, header, opened.layout.headerBytes);
    return {
      ...inspectHeader(parseHeader(header), file.bytes - opened.layout.headerBytes + length),
      inPlace,
    };
  } finally {
    opened.dataKey.fill(0);
  }
}

/** The side file of an interrupted rewrap: finished where it was needed to open the file, otherwise discarded. */
function settleSideFile(file: InputFile, { header }: OpenedFile): void {
  const inFile = file.read(0, header.bytes.length);
  if (!sameBytes(inFile, header.bytes)) {
    writeAll(file.fd, header.bytes, 0);
    fsyncSync(file.fd);
    file.acceptChange();
  }
  rmSync(sidePath(file.path), { force: true });
}

/** Envelope formats 4.6: side file and sync, overwrite and sync, delete. */
async function writeInPlace(file: InputFile, header: Uint8Array): Promise<void> {
  const side = sidePath(file.path);
  const fd = openSync(side, 'wx', 0o600);
  try {
    try {
      writeAll(fd, header, 0);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    await syncDirectory(dirname(side));
  } catch (error) {
    rmSync(side, { force: true }); // nothing was written to the file itself: it needs none
    throw error;
  }
  writeAll(file.fd, header, 0);
  fsyncSync(file.fd);
  rmSync(side);
}

const COPY_BYTES = 1024 * 1024;

async function writeAnew(file: InputFile, header: Uint8Array, oldHeaderBytes: number): Promise<void> {
  using output = new OutputFile(file.path, undefined, { overwrite: true });
  writeAll(output.fd, header, 0);
  const buffer = new Uint8Array(COPY_BYTES);
  for (let from = oldHeaderBytes, to = header.length; ; ) {
    const length = readUpTo(file.fd, buffer, from);
    if (length === 0) break;
    writeAll(output.fd, buffer.subarray(0, length), to);
    from += length;
    to += length;
    await setImmediate(); // others have their turn
  }
  takeAfter(file.fd, output.fd);
  file.assertUnchanged();
  await output.commit();
}
