-- backup_help: everything that is registered.
SELECT name, kind, signature FROM backup_help;
SELECT name FROM backup_help WHERE summary = '' OR example = '';

-- Every registered table is listed, and nothing else is.
SELECT name FROM pragma_module_list WHERE name LIKE 'backup%' AND name NOT IN (SELECT name FROM backup_help);
SELECT DISTINCT name FROM pragma_function_list WHERE name LIKE 'backup%' AND name NOT IN (SELECT name FROM backup_help);
SELECT count(*) FROM backup_help
  WHERE name NOT IN (SELECT name FROM pragma_function_list UNION SELECT name FROM pragma_module_list);
