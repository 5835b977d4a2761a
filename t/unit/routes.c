/*
 * The table of routes: what is added is found, what is not is not, and it is
 * never so full that a search does not end.
 */
#include "game/routes.h"

#include <stdio.h>

#include "game/component.h"
#include "tap.h"

int
main(void)
{
    struct routes routes = {0};
    struct component_instance instance = {0};
    struct handler handlers[ROUTES_MAX + 1];
    char methods[ROUTES_MAX + 1][16];
    const struct route *found;
    unsigned good = 0;

    for (unsigned i = 0; i <= ROUTES_MAX; i++) {
        snprintf(methods[i], sizeof(methods[i]), "Method%u", i);
        handlers[i] = (struct handler){.method = methods[i]};
    }
    ok(routes_find(&routes, STR("Some.Method0")) == NULL, "an empty table");
    for (unsigned i = 0; i < ROUTES_MAX; i++)
        good += routes_add(&routes, "Some", &handlers[i], &instance);
    is_int(good, ROUTES_MAX, "as many as there is room for");
    ok(!routes_add(&routes, "Some", &handlers[ROUTES_MAX], &instance),
       "not one more");
    good = 0;
    for (unsigned i = 0; i < ROUTES_MAX; i++) {
        char name[32];

        snprintf(name, sizeof(name), "Some.Method%u", i);
        found = routes_find(&routes, str_of(name));
        good += found != NULL && found->handler == &handlers[i] &&
                found == routes_find(&routes, str_of(name));
    }
    is_int(good, ROUTES_MAX, "each is found, twice");
    ok(routes_find(&routes, STR("Some.Method")) == NULL &&
           routes_find(&routes, STR("some.Method1")) == NULL &&
           routes_find(&routes, STR("")) == NULL,
       "others are not");
    routes_deinit(&routes);
    return tap_done();
}
