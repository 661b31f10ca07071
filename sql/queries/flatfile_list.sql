-- A page of the jobs of app $1 that the doors know, and how many there are; null filters let everything pass.
with found as materialized (
    select job_id from headrace.flatfile_jobs
    where app = $1 and not deleted
        and ($2::text is null or config->>'environmentId' = $2)
        and ($3::text is null or config->>'spaceId' = $3 or (config->>'type' = 'space' and config->>'source' = $3))
        and ($4::text is null or (config->>'type' = 'workbook' and $4 in (config->>'source', config->>'destination')))
        and ($5::text is null or config->>'fileId' = $5 or (config->>'type' = 'file' and config->>'source' = $5))
        and ($6::text is null or config->>'parentId' = $6)
        and ($7::text is null or config->>'source' = $7)
        and (not $8 or not config ? 'parentId')
)
select (select count(*) from found) as total, array(
    select job_id from found order by case when $9 then job_id end, job_id desc limit $10 offset $11) as ids
