interface SystemJobs {
  Extract: "Extracts data from specified source",
  Map: "Maps data to Blueprint fields",
  DeleteRecords: "Deletes records based on criteria",
  Export: "Exports data to specified format",
  MutateRecords: "Alters records according to rules",
  Configure: "Modifies Space configuration",
  AiAssist: "AI-powered data categorization",
  FindReplace: "Search and replace operations"
}
