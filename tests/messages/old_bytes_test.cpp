// Messages written by the first version stay readable. The files are never rewritten: a new version
// adds files. To write the files of a new version: PITH_WRITE_MESSAGES=v2 messages_test
// --gtest_filter=OldBytes.*
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "messages/header.h"
#include "tests/messages/sample_messages.h"

namespace pith {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::string path_of(const std::string& version, const std::string& name) {
  return std::string(PITH_TEST_DATA) + "/messages/" + version + "_" + name + ".bin";
}

Bytes read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Decodes the stored bytes; the value is the sample when both encode to the same bytes today.
template <class Value, class Decode>
void expect_reads(const std::string& name, const Value& value, Decode decode) {
  const auto today = encode(value);
  if (const char* version = std::getenv("PITH_WRITE_MESSAGES")) {
    std::ofstream(path_of(version, name), std::ios::binary)
        .write(reinterpret_cast<const char*>(today.data()),
               static_cast<std::streamsize>(today.size()));
  }
  const Bytes stored = read(path_of("v1", name));
  const auto decoded = decode(stored);
  ASSERT_TRUE(decoded) << name << ": " << decoded.error().detail;
  const auto again = encode(*decoded);
  EXPECT_EQ(Bytes(again.data(), again.data() + again.size()),
            Bytes(today.data(), today.data() + today.size()))
      << name;
}

TEST(OldBytes, AreStillRead) {
  expect_reads("compress_request", sample::request(), decode_compress_request);
  expect_reads("compress_reply", sample::reply(), decode_compress_reply);
  expect_reads("ready", sample::ready(), decode_ready);
  expect_reads("heartbeat", sample::heartbeat(), decode_heartbeat);
  expect_reads("fault", sample::fault(), decode_fault);
  expect_reads("decision", sample::decision(), decode_decision);
  expect_reads("reward", sample::reward(), decode_reward);
}

}  // namespace
}  // namespace pith
