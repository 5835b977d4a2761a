/* The components that the conf file can name. */
#ifndef GAME_MODULES_MODULES_H
#define GAME_MODULES_MODULES_H

#include "game/component.h"

extern const struct component manager_component;
extern const struct component desk_manager_component;
extern const struct component club_manager_component;
extern const struct component echo_component;

/* All of them, up to NULL. */
extern const struct component *const game_modules[];

#endif
