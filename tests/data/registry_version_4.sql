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
	outcome VARCHAR(20) NOT NULL, 
	reason TEXT NOT NULL, 
	duration_ms BIGINT, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "audit" VALUES(1,'2026-11-09 12:00:00.000000','jane','analyst','geo_statistics','["geo_daily"]','["views"]',3,'answered','',NULL,'0000000000000000000000000000000000000000000000000000000000000000','28a9215003a6df5f20e72ab8310fc065f36c064bc910d4f6b23da52dbc10ad2a');
INSERT INTO "audit" VALUES(2,'2026-11-09 12:00:00.000000','jane','analyst','geo_statistics','["hits"]',NULL,NULL,'refused','hits may not be read by analyst',NULL,'28a9215003a6df5f20e72ab8310fc065f36c064bc910d4f6b23da52dbc10ad2a','0bb45cf718020abcfe8c81ebec5af789496cd071ca8d367c153ec649e052c25b');
INSERT INTO "audit" VALUES(3,'2026-11-09 12:00:00.000000','jane','analyst','geo_statistics','["geo_daily"]','["views"]',NULL,'failed','it took too long',7,'0bb45cf718020abcfe8c81ebec5af789496cd071ca8d367c153ec649e052c25b','fa903de061f65b024697f2f15935119360d78b4d56fbcadebd0c56451172f927');
CREATE TABLE children (
	customer INTEGER NOT NULL, 
	flagged_at DATETIME NOT NULL, 
	PRIMARY KEY (customer)
);
CREATE TABLE disclosures (
	number INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	who TEXT NOT NULL, 
	role TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	agreement TEXT, 
	communication TEXT, 
	audience TEXT, 
	tables JSON NOT NULL, 
	columns JSON NOT NULL, 
	rows BIGINT NOT NULL, 
	policy_version TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	protection VARCHAR(60), 
	PRIMARY KEY (number)
);
INSERT INTO "disclosures" VALUES(1,'2026-11-09 12:00:00.000000','joan','marketing','marketing','house',NULL,'newsletter','seller','["customer_profiles"]','["customer"]',2,'1.4','0000000000000000000000000000000000000000000000000000000000000000','10d7c508711af0001fcf5ba153b2e35e4eab18669800e4817f845c8cfa534e69','plain');
CREATE TABLE erasures (
	customer INTEGER NOT NULL, 
	reason VARCHAR(20) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	queued_at DATETIME NOT NULL, 
	PRIMARY KEY (customer, reason)
);
CREATE TABLE findings (
	kind VARCHAR(80) NOT NULL, 
	site VARCHAR(255) NOT NULL, 
	detail TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (kind, site)
);
CREATE TABLE keys (
	purpose VARCHAR(40) NOT NULL, 
	period VARCHAR(40) NOT NULL, 
	generation INTEGER NOT NULL, 
	wrapped BLOB, 
	created_at DATETIME NOT NULL, 
	destroyed_at DATETIME, 
	PRIMARY KEY (purpose, period, generation)
);
CREATE TABLE marks (
	app_id VARCHAR(255) NOT NULL, 
	mark BIGINT NOT NULL, 
	PRIMARY KEY (app_id)
);
CREATE TABLE opt_outs (
	subject INTEGER NOT NULL, 
	communication VARCHAR(40) NOT NULL, 
	PRIMARY KEY (subject, communication)
);
CREATE TABLE origins (
	origin BIGINT NOT NULL, 
	file TEXT NOT NULL, 
	site TEXT NOT NULL, 
	registered_at DATETIME NOT NULL, 
	PRIMARY KEY (origin)
);
CREATE TABLE schema_version (
	"row" INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	PRIMARY KEY ("row")
);
INSERT INTO "schema_version" VALUES(1,4);
CREATE TABLE subject_keys (
	subject INTEGER NOT NULL, 
	wrapped BLOB NOT NULL, 
	PRIMARY KEY (subject)
);
CREATE TABLE subjects (
	subject INTEGER NOT NULL, 
	profile_link BIGINT NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	policy_version VARCHAR(20) NOT NULL, 
	auto_login_opt_in BOOLEAN, 
	registered_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	opted_at DATETIME, 
	sealed BLOB NOT NULL, 
	PRIMARY KEY (subject)
);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_next_only BEFORE INSERT ON audit WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit) BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE INDEX ix_subjects_profile_link ON subjects (profile_link);
CREATE INDEX ix_opt_outs_communication ON opt_outs (communication);
CREATE TRIGGER disclosures_no_update BEFORE UPDATE ON disclosures BEGIN SELECT RAISE(ABORT, 'the ledger of disclosures is append-only'); END;
CREATE TRIGGER disclosures_no_delete BEFORE DELETE ON disclosures BEGIN SELECT RAISE(ABORT, 'the ledger of disclosures is append-only'); END;
CREATE TRIGGER disclosures_next_only BEFORE INSERT ON disclosures WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM disclosures) BEGIN SELECT RAISE(ABORT, 'the ledger of disclosures is append-only'); END;
COMMIT;
