// What names a conversation: a keyed hash that its own tenant, and nobody else, can hand back.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "apps/memo/memo.h"

namespace pith {

/// Hash of tenant and parts. Its last 6 bytes are a MAC over the first 10 and the tenant, so that
/// an id which comes back in a header proves whose it is.
KeyedHash conversation_id(const HashKey& key, std::string_view tenant,
                          std::initializer_list<std::string_view> parts);

/// The id that these 32 hex digits are; nullopt when they are none of this tenant's (a client's own
/// name may look like one).
std::optional<KeyedHash> conversation_given_back(const HashKey& key, std::string_view tenant,
                                                 std::string_view text);

}  // namespace pith
