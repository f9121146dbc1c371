#include "messages/codec/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <random>

#include "tests/messages/sample_messages.h"

namespace pith {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes copy(const flatbuffers::DetachedBuffer& buffer) {
  return {buffer.data(), buffer.data() + buffer.size()};
}

/// Every message type, as bytes of its sample and as "does it decode, and encode to the same bytes
/// again".
struct Codec {
  const char* name;
  Bytes sample;
  std::function<Result<Bytes>(std::span<const std::uint8_t>)> recode;
};

template <class Decode>
auto recode_with(Decode decode) {
  return [decode](std::span<const std::uint8_t> bytes) -> Result<Bytes> {
    auto value = decode(bytes);
    if (!value) return value.error();
    return copy(encode(*value));
  };
}

std::vector<Codec> all_codecs() {
  return {
      {"compress_request", copy(encode(sample::request())), recode_with(decode_compress_request)},
      {"compress_reply", copy(encode(sample::reply())), recode_with(decode_compress_reply)},
      {"ready", copy(encode(sample::ready())), recode_with(decode_ready)},
      {"heartbeat", copy(encode(sample::heartbeat())), recode_with(decode_heartbeat)},
      {"fault", copy(encode(sample::fault())), recode_with(decode_fault)},
      {"decision", copy(encode(sample::decision())), recode_with(decode_decision)},
      {"reward", copy(encode(sample::reward())), recode_with(decode_reward)}};
}

TEST(Codec, RoundTripsEveryMessage) {
  for (const Codec& codec : all_codecs()) {
    const Result<Bytes> again = codec.recode(codec.sample);
    ASSERT_TRUE(again) << codec.name << ": " << again.error().detail;
    EXPECT_EQ(*again, codec.sample) << codec.name;
  }
}

TEST(Codec, ReadsFramesAtEveryAlignment) {
  for (const Codec& codec : all_codecs()) {
    for (std::size_t shift = 1; shift < 8; ++shift) {
      Bytes frame(shift + codec.sample.size());
      std::memcpy(frame.data() + shift, codec.sample.data(), codec.sample.size());
      const Result<Bytes> again = codec.recode(std::span(frame).subspan(shift));
      ASSERT_TRUE(again) << codec.name << " shift " << shift;
      EXPECT_EQ(*again, codec.sample);
    }
  }
}

TEST(Codec, RefusesTheBytesOfAnotherMessage) {
  const std::vector<Codec> codecs = all_codecs();
  for (const Codec& reader : codecs) {
    for (const Codec& written : codecs) {
      if (reader.name != written.name) {
        EXPECT_FALSE(reader.recode(written.sample)) << reader.name << " read " << written.name;
      }
    }
  }
}

TEST(Codec, RefusesEveryTruncation) {
  for (const Codec& codec : all_codecs()) {
    for (std::size_t size = 0; size < codec.sample.size(); size += 3) {
      // An exact allocation, so that a sanitizer sees one byte read too far.
      const Bytes cut(codec.sample.begin(),
                      codec.sample.begin() + static_cast<std::ptrdiff_t>(size));
      const Result<Bytes> again = codec.recode(cut);
      if (again) continue;  // Padding at the end may be missing without harm.
      EXPECT_EQ(again.error().code, ErrorCode::kMalformedMessage);
    }
    EXPECT_FALSE(codec.recode(std::span(codec.sample).first(codec.sample.size() / 2)))
        << codec.name;
  }
}

TEST(Codec, MutatedBytesGiveAnErrorOrAValidValue) {
  std::mt19937 random(7);
  for (const Codec& codec : all_codecs()) {
    for (int round = 0; round < 5000; ++round) {
      Bytes bytes = codec.sample;
      for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips) {
        bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
      }
      if (const Result<Bytes> again = codec.recode(bytes)) {
        EXPECT_TRUE(codec.recode(*again))
            << codec.name << ": a decoded value must encode to something valid";
      }
    }
  }
}

TEST(Codec, SizeLimitComesFirst) {
  const Bytes huge(kMessageBytesMax + 1);
  const auto request = decode_compress_request(huge);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, ErrorCode::kMalformedMessage);
  EXPECT_THAT(request.error().detail, ::testing::HasSubstr("bytes=4194305"));
  EXPECT_FALSE(decode_compress_reply(Bytes(kReplyBytesMax + 1)));
}

TEST(Codec, EncodedSizeIsBelowItsBound) {
  CompressRequest request = sample::request();
  EXPECT_LE(encode(request).size(), encoded_bytes_max(request));
  request.segments.assign(1000, {.text = "x", .kind = SegmentKind::kPlain, .query = {}});
  EXPECT_LE(encode(request).size(), encoded_bytes_max(request));
  request.options.force_tokens.assign(1000, "y");
  EXPECT_LE(encode(request).size(), encoded_bytes_max(request));
}

TEST(DecodeCompressRequest, TakesAsManySegmentsAsPromised) {
  CompressRequest request = sample::request();
  request.segments.assign(kSegmentsMax,
                          {.text = "text", .kind = SegmentKind::kUserText, .query = "q"});
  const auto decoded = decode_compress_request(sample::bytes(encode(request)));
  ASSERT_TRUE(decoded) << decoded.error().detail;
  EXPECT_EQ(decoded->segments.size(), kSegmentsMax);
  EXPECT_EQ(decoded->segments.back().query, "q");
  request.segments.push_back(request.segments.back());
  EXPECT_FALSE(decode_compress_request(sample::bytes(encode(request))));
}

TEST(DecodeCompressRequest, TextsMayBeAnyBytes) {
  CompressRequest request = sample::request();
  request.segments[0].text = std::string("\xFF\x00\xC0", 3);
  const auto decoded = decode_compress_request(sample::bytes(encode(request)));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->segments[0].text, request.segments[0].text);
}

using ChangeRequest = std::function<void(CompressRequest&)>;
TEST(DecodeCompressRequest, RefusesWrongMeaning) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::pair<const char*, ChangeRequest>> changes = {
      {"no segment", [](auto& r) { r.segments.clear(); }},
      {"kind 0", [](auto& r) { r.segments[0].kind = SegmentKind{0}; }},
      {"kind 7", [](auto& r) { r.segments[0].kind = SegmentKind{7}; }},
      {"priority", [](auto& r) { r.priority = Priority{3}; }},
      {"two dials", [](auto& r) { r.options.threshold = 0.5F; }},
      {"rate 0", [](auto& r) { r.options.target_rate = 0.0F; }},
      {"rate above 1", [](auto& r) { r.options.target_rate = 1.01F; }},
      {"rate nan", [nan](auto& r) { r.options.target_rate = nan; }},
      {"threshold nan",
       [nan](auto& r) {
         r.options.target_rate.reset();
         r.options.threshold = nan;
       }},
      {"min_gain", [](auto& r) { r.options.min_gain = -0.1F; }},
      {"protect", [](auto& r) { r.options.protect = 1U << 20U; }},
      {"empty force token", [](auto& r) { r.options.force_tokens = {""}; }},
      {"too many force tokens",
       [](auto& r) { r.options.force_tokens.assign(kForceTokensMax + 1, "a"); }},
      {"policy not UTF-8", [](auto& r) { r.policy = "\xFF"; }},
      {"policy too long", [](auto& r) { r.policy.assign(kNameBytesMax + 1, 'a'); }},
      {"reader not UTF-8", [](auto& r) { r.options.reader = "\xC0\x80"; }},
  };
  for (const auto& [what, change] : changes) {
    CompressRequest request = sample::request();
    change(request);
    const auto decoded = decode_compress_request(sample::bytes(encode(request)));
    ASSERT_FALSE(decoded) << what;
    EXPECT_EQ(decoded.error().code, ErrorCode::kMalformedMessage);
  }
}

TEST(DecodeCompressReply, RefusesWrongMeaning) {
  const std::vector<std::pair<const char*, std::function<void(SegmentReply&)>>> changes = {
      {"not sorted",
       [](auto& s) {
         s.kept = {{10, 12}, {0, 4}};
       }},
      {"overlapping",
       [](auto& s) {
         s.kept = {{0, 4}, {3, 8}};
       }},
      {"empty span",
       [](auto& s) {
         s.kept = {{4, 4}};
       }},
      {"reversed span",
       [](auto& s) {
         s.kept = {{4, 2}};
       }},
      {"markers not sorted",
       [](auto& s) {
         s.markers = {{5, 2}, {4, 2}};
       }},
      {"marker of nothing",
       [](auto& s) {
         s.markers = {{5, 0}};
       }},
      {"threshold", [](auto& s) { s.threshold = std::numeric_limits<float>::infinity(); }},
      {"note not UTF-8", [](auto& s) { s.notes = {"\xFF"}; }},
  };
  for (const auto& [what, change] : changes) {
    CompressReply reply = sample::reply();
    change(reply.segments[0]);
    EXPECT_FALSE(decode_compress_reply(sample::bytes(encode(reply)))) << what;
  }
}

TEST(ReplyFits, ChecksSpansAgainstTheTexts) {
  const CompressRequest request = sample::request();
  EXPECT_TRUE(reply_fits(sample::reply(), request));
  const std::vector<std::pair<const char*, std::function<void(CompressReply&)>>> changes = {
      {"a segment too few", [](auto& r) { r.segments.pop_back(); }},
      {"a segment too many", [](auto& r) { r.segments.emplace_back(); }},
      {"past the end",
       [](auto& r) {
         r.segments[0].kept = {{0, 21}};
       }},
      {"inside ö",
       [](auto& r) {
         r.segments[1].kept = {{0, 3}};
       }},
      {"nothing kept", [](auto& r) { r.segments[0].kept = {}; }},
      {"marker past the end",
       [](auto& r) {
         r.segments[0].markers = {{21, 2}};
       }},
  };
  for (const auto& [what, change] : changes) {
    CompressReply reply = sample::reply();
    change(reply);
    EXPECT_FALSE(reply_fits(reply, request)) << what;
  }
}

TEST(DecodeReward, RefusesWrongMeaning) {
  const std::vector<std::function<void(Reward&)>> changes = {
      [](auto& r) { r.conversation = "both"; },
      [](auto& r) { r.decision_id.clear(); },
      [](auto& r) { r.event_id = "short"; },
      [](auto& r) { r.metric.clear(); },
      [](auto& r) { r.value = std::numeric_limits<double>::quiet_NaN(); },
      [](auto& r) { r.weight = -1.0; },
  };
  for (const auto& change : changes) {
    Reward reward = sample::reward();
    change(reward);
    EXPECT_FALSE(decode_reward(sample::bytes(encode(reward))));
  }
}

TEST(DecodeDecision, RefusesWrongMeaning) {
  const std::vector<std::function<void(Decision&)>> changes = {
      [](auto& d) { d.decision_id = "x"; },  [](auto& d) { d.kind = DecisionKind{9}; },
      [](auto& d) { d.target_rate = 2.0F; }, [](auto& d) { d.num_new = d.num_texts + 1; },
      [](auto& d) { d.model = "\xFF"; },
  };
  for (const auto& change : changes) {
    Decision decision = sample::decision();
    change(decision);
    EXPECT_FALSE(decode_decision(sample::bytes(encode(decision))));
  }
}

TEST(DecodeFault, RefusesUnknownCodes) {
  Fault fault = sample::fault();
  fault.code = ErrorCode{0};
  EXPECT_FALSE(decode_fault(sample::bytes(encode(fault))));
  fault.code = ErrorCode{13};
  EXPECT_FALSE(decode_fault(sample::bytes(encode(fault))));
}

}  // namespace
}  // namespace pith
