/*
 * A simple, honest player: it knows its view and nothing else.
 */
#ifndef GAME_MAHJONG_BOT_H
#define GAME_MAHJONG_BOT_H

#include <stdbool.h>

#include "game/mahjong/action.h"
#include "game/mahjong/view.h"

/*
 * What the seat of the view would do now; false if nothing is asked of it.
 * The type, the seat and the fields of the type are set, no others.
 */
bool mahjong_bot(const struct mahjong_view *view,
                 struct mahjong_action *action);

#endif
