// Whatever bytes a config.json holds: an error that names the field, or a config within its bounds.
// What the reader holds is bounded by the file's size. Run with
//   bin/encoder_config_fuzz -malloc_limit_mb=64 -rss_limit_mb=512 NEW_FOLDER
//   tests/fuzz/corpus/encoder_config
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stages/network/encoder_config.h"
#include "tests/fuzz/allocation_watch.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy with nothing behind it: the sanitizer sees one byte too far.
  const std::vector<std::uint8_t> file(data, data + size);
  pith::allocation_watch::begin();
  const auto config = pith::encoder_config_of(file);
  require(pith::allocation_watch::peak <= 3 * static_cast<std::ptrdiff_t>(size) + 4096);
  if (!config) {
    require(config.error().code == pith::ErrorCode::kFileUnreadable &&
            config.error().detail.find(": ") != std::string::npos &&
            config.error().detail.size() < 1000);
    return 0;
  }
  require(config->vocab_size > 0 && config->pad_id >= 0 && config->pad_id < config->vocab_size);
  require(config->num_heads > 0 && config->hidden_size > 0 &&
          config->hidden_size % config->num_heads == 0);
  require(config->num_layers > 0 && config->intermediate_size > 0 && config->num_labels > 0);
  require(config->length_max() >= 3 && config->length_max() <= config->max_positions);
  require(config->type_vocab_size > 0 && config->layer_norm_eps > 0.0F);
  return 0;
}
