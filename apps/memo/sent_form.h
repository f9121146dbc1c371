// SentForm as bytes: small, because there is one per text of every conversation of a month.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/memo/memo.h"
#include "messages/result.h"

namespace pith {

/// flags, tokens, spans as (gap, length), markers as (gap, count), decision id: varints; about two
/// bytes a span. `form.kept` and `form.markers` are sorted, as apply_spans() wants them.
std::vector<std::uint8_t> encode(const SentForm& form);

/// Exact inverse. Errors: kStorageFailed for anything encode() cannot have made.
Result<SentForm> decode_sent_form(std::span<const std::uint8_t> bytes);

}  // namespace pith
