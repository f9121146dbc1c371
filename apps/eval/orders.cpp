#include "apps/eval/orders.h"

#include <algorithm>

#include "stages/network/counter_random.h"

namespace pith {

std::vector<float> random_order(std::string_view text, std::size_t num_words, std::uint64_t seed) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  std::vector<float> order(num_words);
  for (std::size_t i = 0; i < num_words; ++i) {
    order[i] = static_cast<float>(uniform_number(seed ^ hash, i));
  }
  return order;
}

std::vector<float> head_order(std::size_t num_words) {
  std::vector<float> order(num_words);
  for (std::size_t i = 0; i < num_words; ++i) {
    order[i] = static_cast<float>(num_words - i) / static_cast<float>(num_words);
  }
  return order;
}

std::vector<float> head_and_tail_order(std::size_t num_words) {
  std::vector<float> order(num_words);
  for (std::size_t i = 0; i < num_words; ++i) {
    const std::size_t from_end = std::min(i, num_words - 1 - i);
    order[i] = 1.0F - static_cast<float>(from_end) / static_cast<float>(num_words);
  }
  return order;
}

}  // namespace pith
