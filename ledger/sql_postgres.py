"""The functions, triggers and grants of PostgreSQL.

``ledger_append`` completes the bytes while it holds the lock on the head: the caller gives the texts
left of ``prev`` and right of ``seq`` and can forge neither, nor the hash. They come as lines,
one per entry: canonical JSON holds no raw line feed.

The lock on a head is held until the commit has reached the disk, so writers of one institution would
queue for the disk one by one. Whoever had to wait long for the lock (or says ``p_early``) therefore
commits without waiting for the disk, which lets the next one in, and must afterwards wait for the disk
in a second statement, ``FLUSH``, before anybody is told that it is done. The log is written
in order: what is flushed later can't be durable without what came before it.
"""

STOPPED = "OP423"  # the SQLSTATE of a chain that takes no entry

# A transaction of its own, without content: its commit waits until everything before it is on the disk.
FLUSH = "SELECT pg_catalog.pg_logical_emit_message(true, 'opsportal', '')"

_CHAIN_START = """
CREATE OR REPLACE FUNCTION public.ledger_chain_start(p_inst uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
  INSERT INTO public.ledger_head (institution_id, seq, hash) VALUES (p_inst, 0, repeat('0', 64));
$body$
"""

_APPEND = r"""
CREATE OR REPLACE FUNCTION public.ledger_append(p_inst uuid, p_left text, p_right text, p_early boolean,
  OUT last bigint, OUT is_busy boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
  begun timestamptz;
  link text;
  line text;
  lefts text[] := string_to_array(p_left, E'\n');
  rights text[] := string_to_array(p_right, E'\n');
BEGIN
  SELECT seq, hash INTO last, link FROM public.ledger_head WHERE institution_id = p_inst FOR UPDATE SKIP LOCKED;
  is_busy := false;
  IF NOT FOUND THEN
    begun := clock_timestamp();
    SELECT seq, hash INTO last, link FROM public.ledger_head WHERE institution_id = p_inst FOR UPDATE;
    is_busy := p_early OR clock_timestamp() - begun > interval '3 milliseconds';
  END IF;
  IF is_busy OR p_early THEN
    PERFORM set_config('synchronous_commit', 'off', true);
  END IF;
  IF last IS NULL THEN
    RAISE EXCEPTION 'ledger: institution % has no chain', p_inst USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM public.ledger_stop WHERE institution_id = p_inst) THEN
    RAISE EXCEPTION 'ledger: the chain of institution % was stopped', p_inst USING ERRCODE = 'OP423';
  END IF;
  FOR i IN 1 .. cardinality(lefts) LOOP
    last := last + 1;
    line := lefts[i] || link || '","seq":' || last || rights[i];
    INSERT INTO public.ledger_entry (institution_id, seq, ts, kind, actor, subject, "case", body, hash)
    SELECT p_inst, last, (entry ->> 'ts')::timestamptz, entry ->> 'kind', entry ->> 'actor', entry ->> 'subject',
           (entry ->> 'case')::uuid, line, encode(sha256('\x00'::bytea || convert_to(line, 'UTF8')), 'hex')
    FROM (SELECT line::jsonb AS entry OFFSET 0) parsed
    WHERE entry ->> 'inst' = p_inst::text AND entry ->> 'seq' = last::text AND entry ->> 'prev' = link
    RETURNING hash INTO link;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'ledger: the entry does not continue the chain'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  UPDATE public.ledger_head SET seq = last, hash = link WHERE institution_id = p_inst;
  PERFORM pg_notify('opsportal_ledger', p_inst::text);
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

POSTGRES_FUNCTIONS = (
    _CHAIN_START,
    "DROP FUNCTION IF EXISTS public.ledger_append(uuid, text[], text[])",  # its form before migration 0004
    "DROP FUNCTION IF EXISTS public.ledger_append(uuid, text, text)",  # before migration 0005
    _APPEND,
    _REFUSE,
    "REVOKE ALL ON FUNCTION public.ledger_chain_start(uuid) FROM PUBLIC",
    "REVOKE ALL ON FUNCTION public.ledger_append(uuid, text, text, boolean) FROM PUBLIC",
)

POSTGRES_TRIGGERS = {
    "ledger_entry_no_change": "BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "ledger_entry_no_truncate": "BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "ledger_head_forward": (
        "BEFORE UPDATE ON ledger_head FOR EACH ROW "
        "WHEN (NEW.institution_id <> OLD.institution_id OR NEW.seq <= OLD.seq) EXECUTE FUNCTION ledger_refuse()"
    ),
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
    'GRANT EXECUTE ON FUNCTION public.ledger_append(uuid, text, text, boolean) TO "{role}"',
    'GRANT EXECUTE ON FUNCTION public.ledger_chain_start(uuid) TO "{role}"',
)
