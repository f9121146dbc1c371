// Whatever bytes a decoder's config.json holds: an error that names the field, or a config within
// its bounds that is written and read back the same. Run with
//   bin/decoder_config_fuzz -malloc_limit_mb=64 -rss_limit_mb=512 NEW_FOLDER
//   tests/fuzz/corpus/decoder_config
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stages/network/decoder_config.h"
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
  const auto config = pith::decoder_config_of(file);
  require(pith::allocation_watch::peak <= 3 * static_cast<std::ptrdiff_t>(size) + 4096);
  if (!config) {
    require(config.error().code == pith::ErrorCode::kFileUnreadable &&
            config.error().detail.find(": ") != std::string::npos &&
            config.error().detail.size() < 1000);
    return 0;
  }
  require(config->vocab_size > 0 && config->hidden_size > 0 && config->num_layers > 0);
  require(config->num_kv_heads > 0 && config->num_heads % config->num_kv_heads == 0);
  require(config->head_size >= 2 && config->head_size % 2 == 0);
  require(config->intermediate_size > 0 && config->max_positions > 0);
  require(config->rms_norm_eps > 0.0F && config->rope_theta > 0.0F);
  require(config->bos_id >= -1 && config->bos_id < config->vocab_size);
  require(std::all_of(config->stop_ids.begin(), config->stop_ids.end(),
                      [&](std::int32_t id) { return id >= 0 && id < config->vocab_size; }));
  const std::string text = decoder_config_text(*config);
  const auto again =
      pith::decoder_config_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  require(static_cast<bool>(again) && decoder_config_text(*again) == text);
  return 0;
}
