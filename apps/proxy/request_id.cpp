#include "apps/proxy/request_id.h"

#include <cstring>
#include <random>

namespace pith {

RequestId new_request_id() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  RequestId id;
  for (std::size_t i = 0; i < id.bytes.size(); i += sizeof(std::uint64_t)) {
    const std::uint64_t word = random();
    std::memcpy(id.bytes.data() + i, &word, sizeof word);
  }
  return id;
}

}  // namespace pith
