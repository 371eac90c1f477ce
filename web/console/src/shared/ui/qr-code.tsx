import qrcode from 'qrcode-generator';
import { useMemo } from 'react';

interface QrCodeProps {
  value: string;
  label: string;
}

const kQuietZone = 4;

/** QR code as one SVG path, made in the browser: credentials go nowhere else. Always dark on white, as scanners want it. */
export function QrCode({ value, label }: QrCodeProps) {
  const { path, size } = useMemo(() => {
    const code = qrcode(0, 'M');
    code.addData(value, 'Byte');
    code.make();
    const modules = code.getModuleCount();
    let drawn = '';
    for (let row = 0; row < modules; row += 1)
      for (let column = 0; column < modules; column += 1)
        if (code.isDark(row, column)) drawn += `M${column + kQuietZone} ${row + kQuietZone}h1v1h-1z`;
    return { path: drawn, size: modules + 2 * kQuietZone };
  }, [value]);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      width={216}
      height={216}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} rx={1.5} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
