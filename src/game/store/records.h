/*
 * What is kept of a desk: one record for each that was played at, by an id
 * of the store's, and which of them are open, by the uid of the desk.
 */
#ifndef GAME_STORE_RECORDS_H
#define GAME_STORE_RECORDS_H

#include "game/store/accounts.h"

/* What others saw of a player. */
struct store_face {
    char name[STORE_NAME];
    char head_url[STORE_URL];
    char ip[STORE_IP];
    uint8_t sex;
};

struct store_desk_record {
    uint64_t desk_uid;
    uint32_t number;
    uint64_t creator;
    uint64_t club; /* 0 none */
    uint8_t mode;
    uint8_t rounds;
    int64_t cards; /* that were taken, from the club if there is one */
    uint64_t player[STORE_PLAYERS];      /* 0 none */
    int32_t score_change[STORE_PLAYERS]; /* so far */
    uint8_t rounds_saved;
    int64_t created_at;
    int64_t dismissed_at; /* 0: open */
    bool refunded;        /* the cards went back */
    bool is_complete;     /* the last round was saved */
    int64_t played_until; /* the end of the last round saved; 0 none */
    uint8_t max_fan;
    uint32_t flags; /* SHARED_DESK_*: the rules that are on */
    struct store_face face[STORE_PLAYERS];
    uint64_t history[STORE_ROUNDS]; /* ids, by round from 1; 0 none */
};

/* 1 found, 0 none (or a bad row, logged), -1 error (logged). */
int store_desk_record_get(struct env *env, uint64_t id,
                          struct store_desk_record *row);
/* The record of a desk that is not closed. */
int store_open_desk_get(struct env *env, uint64_t desk_uid, uint64_t *id);

/* Inside a transaction: 0, MDB_NOTFOUND, ENV_BAD_ROW or an error; the last is
 * for a new record and is MDB_KEYEXIST if there is one behind it. */
int store_desk_record_find(struct env *env, MDB_txn *txn, uint64_t id,
                           struct store_desk_record *row);
int store_desk_record_write(struct env *env, MDB_txn *txn, uint64_t id,
                            const struct store_desk_record *row);
int store_desk_record_add(struct env *env, MDB_txn *txn, uint64_t id,
                          const struct store_desk_record *row);

/* The same of what is open. */
int store_open_desk_find(struct env *env, MDB_txn *txn, uint64_t desk_uid,
                         uint64_t *id);
int store_open_desk_write(struct env *env, MDB_txn *txn, uint64_t desk_uid,
                          uint64_t id);
int store_open_desk_del(struct env *env, MDB_txn *txn, uint64_t desk_uid);

#endif
