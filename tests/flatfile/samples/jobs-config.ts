interface JobConfig {
  // Required
  type: "workbook" | "file" | "sheet" | "space";
  operation: string;  // e.g., "export", "extract", "map"
  source: string;     // Resource ID (workbookId, fileId, etc.)

  // Optional
  trigger?: "manual" | "immediate";
  destination?: string;
  status?: JobStatus;
  progress?: number;
  estimatedCompletionAt?: Date;
  mode?: "foreground" | "background" | "toolbarBlocking";
  metadata?: Record<string, any>;
}

type JobStatus =
  | "created"
  | "planning"
  | "scheduled"
  | "ready"
  | "executing"
  | "complete"
  | "failed"
  | "cancelled";
