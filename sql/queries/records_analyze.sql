-- Statistics of the records, among them those of the expressions that are indexed.
analyze headrace.records
