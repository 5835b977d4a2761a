/*
 * Desks are found by six digits, and whoever knows them may sit down.  So a
 * Join that comes to nothing may be a guess: a session has five of them a
 * minute, an address sixty, and beyond that its Joins are refused without a
 * look at the number.  Each worker counts what it answers, as the gate that
 * finds no such desk or as the owner of one that is full or a club's.
 */
#ifndef GAME_MODULES_DESK_GUESS_H
#define GAME_MODULES_DESK_GUESS_H

#include <stdbool.h>

struct request;

bool desk_may_guess(const struct request *rq);

/* The Join has come to nothing. */
void desk_guessed(const struct request *rq);

#endif
