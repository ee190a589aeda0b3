/** The result, as it goes into a note: one row per LibTorch. */
export function versionTable(rows, cudaFiles) {
  const head = [
    '| LibTorch | files | of them with CUDA headers | compile | fail | with warnings | seconds |',
    '|---|---|---|---|---|---|---|',
  ];
  const body = rows.map(({ version, files, failed, warned, seconds }) => {
    const passed = files - failed.length;
    return `| ${version} | ${files} | ${cudaFiles} | ${passed} | ${failed.join(', ') || 'none'} | ${warned} | ${seconds.toFixed(0)} |`;
  });
  return [...head, ...body].join('\n');
}
