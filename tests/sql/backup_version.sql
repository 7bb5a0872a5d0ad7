-- backup_version: one JSON object about the library and what it runs with.
SELECT key, type FROM json_each(backup_version());
SELECT backup_version() ->> '$.sqlite_version' = sqlite_version();
SELECT backup_version('{}');
