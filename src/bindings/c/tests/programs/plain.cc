// The header is C++, too.
#include <cstdio>

#include "herald.h"

int main() {
    herald_manager *manager = nullptr;
    herald_status status = herald_open(nullptr, 0, &manager);
    if (status != HERALD_OK || herald_close(manager) != HERALD_OK) {
        std::puts(herald_last_error());
        return 1;
    }
    std::puts("opened and closed");
    return 0;
}
