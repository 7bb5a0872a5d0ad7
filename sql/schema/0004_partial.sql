-- Backups that leave tables out are not the whole database.

ALTER TABLE backups ADD COLUMN partial INTEGER NOT NULL DEFAULT 0;
