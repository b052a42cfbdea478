BEGIN TRANSACTION;
CREATE TABLE mobility_curves (
	session_pk INTEGER NOT NULL, 
	curves_json TEXT NOT NULL, 
	PRIMARY KEY (session_pk), 
	FOREIGN KEY(session_pk) REFERENCES mobility_session (pk) ON DELETE CASCADE
);
INSERT INTO "mobility_curves" VALUES(1,'{"clips":[{"time_s":[0.0,0.1],"trunk_lean_deg":[1.0,null],"legs":{},"facing":[],"neutral_spans_s":[]}]}');
CREATE TABLE mobility_rep (
	session_pk INTEGER NOT NULL, 
	side VARCHAR(5) NOT NULL, 
	number INTEGER NOT NULL, 
	peak_s FLOAT NOT NULL, 
	extension_deg FLOAT, 
	trunk_lean_deg FLOAT, 
	knee_flexion_deg FLOAT, 
	valid BOOLEAN NOT NULL, 
	PRIMARY KEY (session_pk, side, number), 
	FOREIGN KEY(session_pk) REFERENCES mobility_session (pk) ON DELETE CASCADE
);
INSERT INTO "mobility_rep" VALUES(1,'left',1,3.8,17.6,2.0,4.0,1);
INSERT INTO "mobility_rep" VALUES(1,'left',2,8.8,18.6,2.0,4.0,1);
INSERT INTO "mobility_rep" VALUES(1,'left',3,13.8,17.8,2.0,4.0,1);
INSERT INTO "mobility_rep" VALUES(1,'right',1,3.8,11.8,2.0,4.0,1);
INSERT INTO "mobility_rep" VALUES(1,'right',2,8.8,12.8,2.0,4.0,1);
INSERT INTO "mobility_rep" VALUES(1,'right',3,13.8,12.0,2.0,4.0,1);
INSERT INTO "mobility_rep" VALUES(2,'left',1,3.8,18.0,2.0,4.0,1);
INSERT INTO "mobility_rep" VALUES(2,'left',2,8.8,19.0,2.0,4.0,1);
INSERT INTO "mobility_rep" VALUES(2,'left',3,13.8,18.2,2.0,4.0,1);
CREATE TABLE mobility_schema (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT mobility_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "mobility_schema" VALUES('0001');
CREATE TABLE mobility_session (
	pk INTEGER NOT NULL, 
	id VARCHAR(80) NOT NULL, 
	subject_pk INTEGER NOT NULL, 
	content_key VARCHAR(64) NOT NULL, 
	tested_at VARCHAR(32) NOT NULL, 
	saved_at VARCHAR(32) NOT NULL, 
	test VARCHAR(64) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	backend TEXT NOT NULL, 
	model TEXT NOT NULL, 
	model_sha256 VARCHAR(64), 
	angle_rule TEXT NOT NULL, 
	difference_deg FLOAT, 
	difference_low_deg FLOAT, 
	difference_high_deg FLOAT, 
	note TEXT, 
	result_json TEXT NOT NULL, 
	PRIMARY KEY (pk), 
	UNIQUE (id), 
	FOREIGN KEY(subject_pk) REFERENCES mobility_subject (pk) ON DELETE CASCADE, 
	UNIQUE (content_key)
);
INSERT INTO "mobility_session" VALUES(1,'2026-08-03-71c32c',1,'71c32cab793877f4f70784f6948ebf1b956f19ecaba525992a366956e7dc4640','2026-08-03','2026-08-03T10:00:00','standing-kick-back','scored','mediapipe','pose_landmarker_heavy','ee92df0db08e93297fcf1a7bc7021eb60a633a8960a8399704c1f603eb1ff2b2','kick-back/1',5.8,3.4,8.2,'visit 0','{"schema":"mobility-check/result/1","test":"standing-kick-back","status":"scored","reasons":[],"inputs":[{"path":"0.mp4","sha256":"1402595d3c2453d9eeef8c7a595d7ad315236c625c7d939631329060763557b9","duration_s":20.0,"fps":29.97,"frames":599,"width_px":1080,"height_px":1920}],"sides":{"left":{"status":"scored","reasons":[],"view":"near","score_deg":18.0,"ci95_deg":[15.942,20.058],"best_deg":18.6,"reps":[{"start_s":2.0,"peak_s":3.8,"end_s":6.0,"extension_deg":17.6,"ci95_deg":[15.4,19.8],"thigh_deg":19.6,"trunk_lean_deg":2.0,"knee_flexion_deg":4.0,"view":"near","valid":true,"reasons":[],"clip":0,"hold_s":[3.3,4.3],"support_knee_flexion_deg":1.5,"se_deg":1.1},{"start_s":7.0,"peak_s":8.8,"end_s":11.0,"extension_deg":18.6,"ci95_deg":[16.4,20.8],"thigh_deg":20.6,"trunk_lean_deg":2.0,"knee_flexion_deg":4.0,"view":"near","valid":true,"reasons":[],"clip":0,"hold_s":[8.3,9.3],"support_knee_flexion_deg":1.5,"se_deg":1.1},{"start_s":12.0,"peak_s":13.8,"end_s":16.0,"extension_deg":17.8,"ci95_deg":[15.6,20.0],"thigh_deg":19.8,"trunk_lean_deg":2.0,"knee_flexion_deg":4.0,"view":"near","valid":true,"reasons":[],"clip":0,"hold_s":[13.3,14.3],"support_knee_flexion_deg":1.5,"se_deg":1.1}],"se_deg":1.05},"right":{"status":"scored","reasons":[],"view":"near","score_deg":12.2,"ci95_deg":[10.142,14.258],"best_deg":12.8,"reps":[{"start_s":2.0,"peak_s":3.8,"end_s":6.0,"extension_deg":11.8,"ci95_deg":[9.6,14.0],"thigh_deg":13.8,"trunk_lean_deg":2.0,"knee_flexion_deg":4.0,"view":"near","valid":true,"reasons":[],"clip":0,"hold_s":[3.3,4.3],"support_knee_flexion_deg":1.5,"se_deg":1.1},{"start_s":7.0,"peak_s":8.8,"end_s":11.0,"extension_deg":12.8,"ci95_deg":[10.6,15.0],"thigh_deg":14.8,"trunk_lean_deg":2.0,"knee_flexion_deg":4.0,"view":"near","valid":true,"reasons":[],"clip":0,"hold_s":[8.3,9.3],"support_knee_flexion_deg":1.5,"se_deg":1.1},{"start_s":12.0,"peak_s":13.8,"end_s":16.0,"extension_deg":12.0,"ci95_deg":[9.8,14.2],"thigh_deg":14.0,"trunk_lean_deg":2.0,"knee_flexion_deg":4.0,"view":"near","valid":true,"reasons":[],"clip":0,"hold_s":[13.3,14.3],"support_knee_flexion_deg":1.5,"se_deg":1.1}],"se_deg":1.05}},"asymmetry":{"difference_deg":5.8,"ci95_deg":[3.4,8.2],"detectable":true},"quality":{"camera_yaw_deg":4.0,"seen_share":0.99,"neutral_s":[0.2,1.4],"camera_roll_deg":0.6,"facing":["right","left"],"thigh_px":310.0},"provenance":{"mobility_check":"0.1.0","backend":"mediapipe","model":"pose_landmarker_heavy","model_sha256":"ee92df0db08e93297fcf1a7bc7021eb60a633a8960a8399704c1f603eb1ff2b2","parameters":{"gates":{"yaw_warn_deg":15.0}},"angle_rule":"kick-back/1"}}');
INSERT INTO "mobility_session" VALUES(2,'2026-09-14-837cf1',1,'837cf10c1941f8297593e179c8cd449c635f4ee06bb009168856c89d998bbb6f','2026-09-14','2026-09-14T10:00:00','standing-kick-back','limited','mediapipe','pose_landmarker_heavy','ee92df0db08e93297fcf1a7bc7021eb60a633a8960a8399704c1f603eb1ff2b2','kick-back/1',NULL,NULL,NULL,'visit 1','{"schema":"mobility-check/result/1","test":"standing-kick-back","status":"limited","reasons":[{"code":"one_leg_only","message":"Only one leg was measured; turn round and kick with the other leg to compare."}],"inputs":[{"path":"1.mp4","sha256":"e4d9a30c3420a2ddc0fa139c576fce5329b55fd114db7c234cc85668505c39fd","duration_s":20.0,"fps":29.97,"frames":599,"width_px":1080,"height_px":1920}],"sides":{"left":{"status":"scored","reasons":[],"view":"near","score_deg":18.4,"ci95_deg":[16.342,20.458],"best_deg":19.0,"reps":[{"start_s":2.0,"peak_s":3.8,"end_s":6.0,"extension_deg":18.0,"ci95_deg":[15.8,20.2],"thigh_deg":20.0,"trunk_lean_deg":2.0,"knee_flexion_deg":4.0,"view":"near","valid":true,"reasons":[],"clip":0,"hold_s":[3.3,4.3],"support_knee_flexion_deg":1.5,"se_deg":1.1},{"start_s":7.0,"peak_s":8.8,"end_s":11.0,"extension_deg":19.0,"ci95_deg":[16.8,21.2],"thigh_deg":21.0,"trunk_lean_deg":2.0,"knee_flexion_deg":4.0,"view":"near","valid":true,"reasons":[],"clip":0,"hold_s":[8.3,9.3],"support_knee_flexion_deg":1.5,"se_deg":1.1},{"start_s":12.0,"peak_s":13.8,"end_s":16.0,"extension_deg":18.2,"ci95_deg":[16.0,20.4],"thigh_deg":20.2,"trunk_lean_deg":2.0,"knee_flexion_deg":4.0,"view":"near","valid":true,"reasons":[],"clip":0,"hold_s":[13.3,14.3],"support_knee_flexion_deg":1.5,"se_deg":1.1}],"se_deg":1.05},"right":{"status":"not_scored","reasons":[{"code":"leg_not_kicked","message":"No kick of this leg was found; turn round and kick three times with this leg too."}],"view":null,"score_deg":null,"ci95_deg":null,"best_deg":null,"reps":[],"se_deg":null}},"asymmetry":{"difference_deg":null,"ci95_deg":null,"detectable":null},"quality":{"camera_yaw_deg":4.0,"seen_share":0.99,"neutral_s":[0.2,1.4],"camera_roll_deg":0.6,"facing":["right","left"],"thigh_px":310.0},"provenance":{"mobility_check":"0.1.0","backend":"mediapipe","model":"pose_landmarker_heavy","model_sha256":"ee92df0db08e93297fcf1a7bc7021eb60a633a8960a8399704c1f603eb1ff2b2","parameters":{"gates":{"yaw_warn_deg":15.0}},"angle_rule":"kick-back/1"}}');
CREATE TABLE mobility_side (
	session_pk INTEGER NOT NULL, 
	side VARCHAR(5) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	"view" VARCHAR(4), 
	score_deg FLOAT, 
	ci_low_deg FLOAT, 
	ci_high_deg FLOAT, 
	se_deg FLOAT, 
	best_deg FLOAT, 
	valid_reps INTEGER NOT NULL, 
	PRIMARY KEY (session_pk, side), 
	FOREIGN KEY(session_pk) REFERENCES mobility_session (pk) ON DELETE CASCADE
);
INSERT INTO "mobility_side" VALUES(1,'left','scored','near',18.0,15.942,20.058,1.05,18.6,3);
INSERT INTO "mobility_side" VALUES(1,'right','scored','near',12.2,10.142,14.258,1.05,12.8,3);
INSERT INTO "mobility_side" VALUES(2,'left','scored','near',18.4,16.342,20.458,1.05,19.0,3);
INSERT INTO "mobility_side" VALUES(2,'right','not_scored',NULL,NULL,NULL,NULL,NULL,NULL,0);
CREATE TABLE mobility_subject (
	pk INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	PRIMARY KEY (pk), 
	UNIQUE (name)
);
INSERT INTO "mobility_subject" VALUES(1,'P-17');
CREATE INDEX ix_mobility_session_subject ON mobility_session (subject_pk, tested_at, pk);
CREATE INDEX ix_mobility_session_tested ON mobility_session (tested_at, pk);
COMMIT;
