#include "messages/header.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

MessageHeader sample_header() {
  MessageHeader header{.type = MessageType::kCompressRequest,
                       .flags = 0x01020304,
                       .credit = 64,
                       .request_id = {},
                       .deadline_us = 0x0102030405060708ULL};
  for (std::uint8_t i = 0; i < 16; ++i) header.request_id.bytes[i] = i;
  return header;
}

TEST(MessageHeader, LayoutIsFixed) {
  // The bytes that processes exchange: this test may only change with kHeaderProto.
  const std::array<std::uint8_t, kHeaderBytes> expected = {
      'P', 'I', 'T', 'H', 1, 0, 3,  0,  4,  3,  2,  1,  64, 0, 0, 0, 0, 1, 2, 3,
      4,   5,   6,   7,   8, 9, 10, 11, 12, 13, 14, 15, 8,  7, 6, 5, 4, 3, 2, 1};
  EXPECT_EQ(encode_header(sample_header()), expected);
}

TEST(MessageHeader, RoundTrips) {
  const auto decoded = decode_header(encode_header(sample_header()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, sample_header());
}

TEST(MessageHeader, RefusesWrongSizeMagicProtoAndType) {
  const auto good = encode_header(sample_header());
  EXPECT_FALSE(decode_header({}));
  EXPECT_FALSE(decode_header(std::span(good).first(kHeaderBytes - 1)));
  EXPECT_FALSE(decode_header(std::vector<std::uint8_t>(kHeaderBytes + 1)));
  for (const auto& [at, value] :
       std::vector<std::pair<std::size_t, std::uint8_t>>{{0, 'p'}, {4, 2}, {6, 0}, {6, 10}}) {
    auto bytes = good;
    bytes[at] = value;
    EXPECT_FALSE(decode_header(bytes)) << at;
  }
}

}  // namespace
}  // namespace pith
