BEGIN TRANSACTION;
CREATE TABLE audit (
	number INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	who TEXT NOT NULL, 
	role TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	tables JSON NOT NULL, 
	columns JSON, 
	rows_out BIGINT, 
	allowed BOOLEAN NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "audit" VALUES(1,'2026-11-09 12:00:00.000000','jane','analyst','geo_statistics','["geo_daily"]','["views"]',3,1,'');
CREATE TABLE findings (
	kind VARCHAR(80) NOT NULL, 
	site VARCHAR(255) NOT NULL, 
	detail TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (kind, site)
);
INSERT INTO "findings" VALUES('password_in_cookie','shop','2 lines','2026-11-09 12:00:00.000000');
CREATE TABLE keys (
	purpose VARCHAR(40) NOT NULL, 
	period VARCHAR(40) NOT NULL, 
	generation INTEGER NOT NULL, 
	wrapped BLOB, 
	created_at DATETIME NOT NULL, 
	destroyed_at DATETIME, 
	PRIMARY KEY (purpose, period, generation)
);
INSERT INTO "keys" VALUES('import','',1,X'0106D57B8BEA6A34155487CC9D95276682C0499EB5A7E3EE5AE9900BF777DAC4F0EE2F3C322E3E877E40149F4A','2026-11-09 12:00:00.000000',NULL);
CREATE TABLE origins (
	origin BIGINT NOT NULL, 
	file TEXT NOT NULL, 
	site TEXT NOT NULL, 
	registered_at DATETIME NOT NULL, 
	PRIMARY KEY (origin)
);
INSERT INTO "origins" VALUES(7,'access.log','shop','2026-11-09 12:00:00.000000');
CREATE TABLE schema_version (
	"row" INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	PRIMARY KEY ("row")
);
INSERT INTO "schema_version" VALUES(1,1);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
COMMIT;
