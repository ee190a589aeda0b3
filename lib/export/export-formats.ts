/** Formats that weights can be written in. */
export const EXPORT_FORMATS = ['onnx', 'safetensors', 'pth'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The format that a file's name asks for by its ending; null for another ending. */
export function exportFormatOf(path: string): ExportFormat | null {
  const name = path.toLowerCase();
  return EXPORT_FORMATS.find((format) => name.endsWith(`.${format}`)) ?? null;
}
