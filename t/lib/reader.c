/*
 * A process that begins to read an LMDB environment and never ends: the
 * standing reader of t/store_full.t.  Says "reading" and waits for its death.
 */
#include <lmdb.h>
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
    MDB_env *env;
    MDB_txn *txn;
    int rc;

    if (argc != 2 || mdb_env_create(&env) != 0)
        return 1;
    rc = mdb_env_open(env, argv[1], MDB_RDONLY, 0);
    if (rc == 0)
        rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (rc != 0) {
        fprintf(stderr, "%s: %s\n", argv[1], mdb_strerror(rc));
        return 1;
    }
    puts("reading");
    fflush(stdout);
    for (;;)
        pause();
}
