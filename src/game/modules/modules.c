#include "game/modules/modules.h"

#include <stddef.h>

const struct component *const game_modules[] = {
    &manager_component,
    &desk_manager_component,
    &club_manager_component,
    &echo_component,
    NULL,
};
