interface Part {
  speaker: string;
  start_s: number;
  end_s: number;
}

const kRate = 8000;

/** A stereo WAV (16 bit) with a tone wherever somebody speaks: caller left, callee right. */
export function tones(parts: Part[], seconds: number): Buffer {
  const frames = Math.round(seconds * kRate);
  const wav = Buffer.alloc(44 + frames * 4);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + frames * 4, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(2, 22);
  wav.writeUInt32LE(kRate, 24);
  wav.writeUInt32LE(kRate * 4, 28);
  wav.writeUInt16LE(4, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(frames * 4, 40);
  for (const part of parts) {
    const side = part.speaker === 'caller' ? 0 : 2;
    const pitch = part.speaker === 'caller' ? 220 : 330;
    const end = Math.min(frames, Math.round(part.end_s * kRate));
    for (let i = Math.round(part.start_s * kRate); i < end; i += 1)
      wav.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * pitch * i) / kRate)), 44 + i * 4 + side);
  }
  return wav;
}
