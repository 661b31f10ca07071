await api.jobs.ack(jobId, {
  info: "Starting process...",
  progress: 0
});

await api.jobs.update(jobId, {
  progress: 50,
  estimatedCompletionAt: new Date("2024-01-01T12:00:00Z")
});

// Basic completion
await api.jobs.complete(jobId, {
  outcome: {
    message: "Process completed successfully",
    acknowledge: true
  }
});

// With internal navigation
await api.jobs.complete(jobId, {
  outcome: {
    message: "Process completed",
    next: {
      type: "id",
      id: "space_id",
      path: "files",
      query: "mode=export",
      label: "View Files"
    }
  }
});

// With external URL
await api.jobs.complete(jobId, {
  outcome: {
    message: "Process completed",
    next: {
      type: "url",
      url: "https://example.com",
      label: "View Results"
    }
  }
});

// With file download
await api.jobs.complete(jobId, {
  outcome: {
    message: "Files ready",
    next: {
      type: "download",
      fileName: "export.csv",
      url: "file_url",
      label: "Download"
    }
  }
});

// With snapshot view
await api.jobs.complete(jobId, {
  outcome: {
    message: "Snapshot created",
    next: {
      type: "snapshot",
      snapshotId: "snapshot_id",
      sheetId: "sheet_id",
      label: "View Snapshot"
    }
  }
});

// With retry option
await api.jobs.complete(jobId, {
  outcome: {
    message: "Process completed with warnings",
    next: {
      type: "retry",
      label: "Try Again"
    }
  }
});

try {
  await processJob();
} catch (error) {
  await api.jobs.fail(jobId, {
    outcome: {
      message: `Job failed: ${error.message}`,
      acknowledge: true
    }
  });
}

await api.jobs.complete(jobId, {
  outcome: {
    heading: "Process Complete",
    message: "Detailed results...",
    buttonText: "Continue",
    acknowledge: true
  }
});
