-- The three roles of the database cluster. Run by someone who may create roles; a role that is there is left as it is.
-- Passwords are set by whoever runs this; rights inside a database are given by the migrations, which ml_owner runs.
DO $$
BEGIN
    -- Owns every table, so it also migrates. CREATEDB is for test databases.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ml_owner') THEN
        CREATE ROLE ml_owner LOGIN NOSUPERUSER NOCREATEROLE CREATEDB NOBYPASSRLS;
    END IF;
    -- Runs web, workers and commands. Owns nothing, so that row security always holds for it.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ml_app') THEN
        CREATE ROLE ml_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS;
    END IF;
    -- Owns the few SECURITY DEFINER functions. Nobody signs in as it.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ml_lookup') THEN
        CREATE ROLE ml_lookup NOLOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS;
    END IF;
    -- ALTER FUNCTION ... OWNER TO ml_lookup asks for membership; the function's schema must grant ml_lookup CREATE.
    IF NOT pg_has_role('ml_owner', 'ml_lookup', 'MEMBER') THEN
        GRANT ml_lookup TO ml_owner;
    END IF;
END
$$;
