function updateProgress(progress: number) {
  return api.jobs.update(jobId, {
    progress,
    info: `Processing: ${progress}% complete`
  });
}
