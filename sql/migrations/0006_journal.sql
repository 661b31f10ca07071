-- What a row of the journal tells besides the reply: `args` is the beginning of the arguments, for people; args_hash
-- tells whether a script repeats itself; `runtime` is what ran the script, and another one refuses to replay it.
-- Rows from before have neither: their jobs end with an error that says so, instead of diverging.
alter table headrace.job_journal
    add column args text not null default '',
    add column runtime text not null default '',
    -- Not jsonb: it would give keys back in another order than the script saw.
    alter column reply type json using reply::json;
alter table headrace.job_journal
    alter column args drop default,
    alter column runtime drop default;
