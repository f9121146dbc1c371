// How much memory a reader holds at most: for targets whose reader must stay within the file's
// size.
#pragma once

#include <cstddef>

// clang's address sanitizer, that of the fuzz preset, tells of every allocation.
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define PITH_WATCHES_ALLOCATIONS
#include <sanitizer/allocator_interface.h>
#endif
#endif

namespace pith::allocation_watch {

/// Bytes allocated and not given back since `begin`, and their maximum; 0 where nobody watches.
inline std::ptrdiff_t live = 0;
inline std::ptrdiff_t peak = 0;

inline void begin() { live = peak = 0; }

#ifdef PITH_WATCHES_ALLOCATIONS
[[maybe_unused]] inline const int installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t bytes) {
      live += static_cast<std::ptrdiff_t>(bytes);
      peak = live > peak ? live : peak;
    },
    [](const volatile void* block) {
      live -= static_cast<std::ptrdiff_t>(
          __sanitizer_get_allocated_size(const_cast<const void*>(block)));
    });
#endif

}  // namespace pith::allocation_watch
