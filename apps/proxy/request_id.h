// A fresh id for a request to a compressor.
#pragma once

#include "messages/compress.h"

namespace pith {

/// 16 random bytes; unique per process pair, not secret.
RequestId new_request_id();

}  // namespace pith
