"""The functions, triggers and grants of PostgreSQL.

``ledger_append`` completes the bytes while it holds the lock on the head: the caller gives the texts
left of ``prev`` and right of ``seq`` and can forge neither, nor the hash. They come as lines,
one per entry: canonical JSON holds no raw line feed.
"""

STOPPED = "OP423"  # the SQLSTATE of a chain that takes no entry

_CHAIN_START = """
CREATE OR REPLACE FUNCTION public.ledger_chain_start(p_inst uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
  INSERT INTO public.ledger_head (institution_id, seq, hash) VALUES (p_inst, 0, repeat('0', 64));
$body$
"""

_APPEND = r"""
CREATE OR REPLACE FUNCTION public.ledger_append(p_inst uuid, p_left text, p_right text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
  last bigint;
  link text;
  line text;
  entry jsonb;
  lefts text[] := string_to_array(p_left, E'\n');
  rights text[] := string_to_array(p_right, E'\n');
BEGIN
  SELECT seq, hash INTO last, link FROM public.ledger_head WHERE institution_id = p_inst FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'ledger: institution % has no chain', p_inst USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM public.ledger_stop WHERE institution_id = p_inst) THEN
    RAISE EXCEPTION 'ledger: the chain of institution % was stopped', p_inst USING ERRCODE = 'OP423';
  END IF;
  FOR i IN 1 .. cardinality(lefts) LOOP
    last := last + 1;
    line := lefts[i] || link || '","seq":' || last || rights[i];
    entry := line::jsonb;
    IF (entry ->> 'inst') IS DISTINCT FROM p_inst::text OR (entry ->> 'seq') IS DISTINCT FROM last::text
       OR (entry ->> 'prev') IS DISTINCT FROM link THEN
      RAISE EXCEPTION 'ledger: the entry does not continue the chain'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    link := encode(sha256('\x00'::bytea || convert_to(line, 'UTF8')), 'hex');
    INSERT INTO public.ledger_entry (institution_id, seq, ts, kind, actor, subject, "case", body, hash)
    VALUES (p_inst, last, (entry ->> 'ts')::timestamptz, entry ->> 'kind', entry ->> 'actor',
            entry ->> 'subject', (entry ->> 'case')::uuid, line, link);
  END LOOP;
  UPDATE public.ledger_head SET seq = last, hash = link WHERE institution_id = p_inst;
  PERFORM pg_notify('opsportal_ledger', p_inst::text);
  RETURN last;
END
$body$
"""

_REFUSE = """
CREATE OR REPLACE FUNCTION public.ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION 'ledger: % is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$body$
"""

_HEAD_FORWARD = """
CREATE OR REPLACE FUNCTION public.ledger_head_forward() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF NEW.institution_id <> OLD.institution_id OR NEW.seq <= OLD.seq THEN
    RAISE EXCEPTION 'ledger: a head moves forward, to the last entry'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$body$
"""

POSTGRES_FUNCTIONS = (
    _CHAIN_START,
    "DROP FUNCTION IF EXISTS public.ledger_append(uuid, text[], text[])",  # its form before migration 0004
    _APPEND,
    _REFUSE,
    _HEAD_FORWARD,
    "REVOKE ALL ON FUNCTION public.ledger_chain_start(uuid) FROM PUBLIC",
    "REVOKE ALL ON FUNCTION public.ledger_append(uuid, text, text) FROM PUBLIC",
)

POSTGRES_TRIGGERS = {
    "ledger_entry_no_change": "BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "ledger_entry_no_truncate": "BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "ledger_head_forward": "BEFORE UPDATE ON ledger_head FOR EACH ROW EXECUTE FUNCTION ledger_head_forward()",
    "ledger_head_no_delete": "BEFORE DELETE ON ledger_head FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "ledger_head_no_truncate": "BEFORE TRUNCATE ON ledger_head FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "ledger_checkpoint_no_change": (
        "BEFORE UPDATE OR DELETE ON ledger_checkpoint FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
    ),
    "ledger_checkpoint_no_truncate": (
        "BEFORE TRUNCATE ON ledger_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
    ),
}

# For an installation with two roles: one owns the tables and migrates, the other serves.
POSTGRES_GRANTS = (
    'REVOKE ALL ON public.ledger_entry, public.ledger_head, public.ledger_checkpoint FROM "{role}"',
    'GRANT SELECT ON public.ledger_entry, public.ledger_head TO "{role}"',
    'GRANT SELECT, INSERT ON public.ledger_checkpoint TO "{role}"',
    'REVOKE ALL ON public.ledger_payload, public.ledger_signingkey FROM "{role}"',
    'GRANT SELECT, INSERT, UPDATE ON public.ledger_payload, public.ledger_signingkey TO "{role}"',
    # The guards are first installed by a migration that comes before this table.
    "DO $$ BEGIN IF to_regclass('public.ledger_stop') IS NOT NULL THEN "
    'GRANT SELECT, INSERT, DELETE ON public.ledger_stop TO "{role}"; END IF; END $$',
    'GRANT EXECUTE ON FUNCTION public.ledger_append(uuid, text, text) TO "{role}"',
    'GRANT EXECUTE ON FUNCTION public.ledger_chain_start(uuid) TO "{role}"',
)
