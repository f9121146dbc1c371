// The graph with an encoder as its policy: the same answers as without a graph, with one worker and
// with several, one prompt at a time and many at once.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include "graph/compress_graph.h"
#include "stages/score/encoder_policy.h"

namespace pith {
namespace {

std::vector<std::string> folders() {
  std::vector<std::string> all = {PITH_TEST_DATA "/score/bert-tiny",
                                  PITH_TEST_DATA "/score/xlm-roberta-tiny"};
  const std::string golden = PITH_SHARED "/golden/models/";
  for (const char* name : {"xlm-roberta-large-tiny-a", "bert-base-multilingual-cased-tiny-a"}) {
    if (std::filesystem::exists(golden + name)) all.push_back(golden + name);
  }
  return all;
}

std::shared_ptr<const PolicySet> set_of_folder(const std::string& folder, std::size_t memo_bytes) {
  auto policy = open_policy(folder, {.memo_bytes = memo_bytes});
  EXPECT_TRUE(policy) << policy.error().detail;
  return std::make_shared<const PolicySet>(
      std::vector<std::shared_ptr<const KeepPolicy>>{*std::move(policy)}, 0);
}

std::string text_of(int number) {
  static constexpr const char* kWords[] = {"green", "river", "under",
                                           "quiet", "stone", "walks",
                                           "other", "cloud", "\xF0\x9F\x98\x80",
                                           "zqx",   "order", "\xE4\xB8\xAD\xE6\x96\x87"};
  std::string text = "number" + std::to_string(number);
  for (int i = 0; i < 20 + number * 37 % 400; ++i) {
    text += std::string(i % 11 == 10 ? ".\n" : " ") + kWords[(i * 7 + number) % 12];
  }
  return text;
}

std::shared_ptr<const CompressRequest> request_of(int number) {
  auto request = std::make_shared<CompressRequest>();
  request->id.bytes[0] = static_cast<std::uint8_t>(number);
  request->options.target_rate = 0.5F;
  request->segments.push_back({text_of(number), SegmentKind::kToolResult, ""});
  if (number % 3 == 0) request->segments.push_back({text_of(number + 1), SegmentKind::kPlain, ""});
  return request;
}

struct Collected {
  CompressGraph::OnReply on_reply() {
    return [this](const RequestId& id, Result<CompressReply> reply) {
      const std::lock_guard lock(mutex);
      if (reply) {
        replies[id.bytes[0]] = std::move(*reply);
      } else {
        errors[id.bytes[0]] = reply.error().code;
      }
    };
  }
  std::mutex mutex;
  std::map<int, CompressReply> replies;
  std::map<int, ErrorCode> errors;
};

TEST(EncoderGraph, AnswersAreThoseOfASingleCall) {
  constexpr int kPrompts = 9;
  for (const std::string& folder : folders()) {
    const auto single = set_of_folder(folder, 0);
    std::vector<CompressReply> expected;
    for (int i = 0; i < kPrompts; ++i) {
      auto reply = compress_now(*single, PITH_MODELS, *request_of(i));
      ASSERT_TRUE(reply) << reply.error().detail;
      expected.push_back(*std::move(reply));
    }
    for (const std::uint32_t workers : {1U, 3U}) {
      Collected collected;
      CompressLimits limits;
      limits.workers = workers;
      CompressGraph graph(set_of_folder(folder, 1 << 20), PITH_MODELS, limits,
                          collected.on_reply());
      for (int i = 0; i < kPrompts; ++i) {
        CompressJob job;
        job.request = request_of(i);
        ASSERT_TRUE(graph.try_put(std::move(job)));
      }
      graph.drain();
      ASSERT_EQ(collected.replies.size(), expected.size()) << folder;
      for (int i = 0; i < kPrompts; ++i) {
        const auto& segments = collected.replies[i].segments;
        const auto& wanted = expected[static_cast<std::size_t>(i)].segments;
        ASSERT_EQ(segments.size(), wanted.size());
        for (std::size_t k = 0; k < segments.size(); ++k) {
          EXPECT_EQ(segments[k].kept, wanted[k].kept)
              << folder << " prompt " << i << " workers " << workers;
          EXPECT_LT(segments[k].compressed_tokens, segments[k].origin_tokens);
        }
      }
    }
  }
}

TEST(EncoderGraph, CancelledPromptIsAnsweredAndTheNextIsRight) {
  const std::string folder = PITH_TEST_DATA "/score/bert-tiny";
  Collected collected;
  CompressLimits limits;
  limits.workers = 2;
  CompressGraph graph(set_of_folder(folder, 1 << 20), PITH_MODELS, limits, collected.on_reply());
  // A long text, cancelled at any moment of its way.
  for (int round = 0; round < 12; ++round) {
    auto cancelled = std::make_shared<std::atomic<bool>>(false);
    auto request = std::make_shared<CompressRequest>(*request_of(1));
    request->id.bytes[0] = static_cast<std::uint8_t>(round);
    for (int i = 0; i < 20; ++i) request->segments[0].text += "\n" + text_of(round * 40 + i);
    CompressJob job;
    job.request = request;
    job.cancelled = cancelled;
    ASSERT_TRUE(graph.try_put(std::move(job)));
    std::this_thread::sleep_for(std::chrono::microseconds(1500 * round));
    *cancelled = true;
    graph.drain();
    ASSERT_EQ(collected.replies.size() + collected.errors.size(),
              static_cast<std::size_t>(round) + 1);
  }
  for (const auto& [number, code] : collected.errors) EXPECT_EQ(code, ErrorCode::kCancelled);
  EXPECT_FALSE(collected.errors.empty());
  CompressJob job;
  job.request = request_of(200);
  ASSERT_TRUE(graph.try_put(std::move(job)));
  graph.drain();
  const auto expected = compress_now(*set_of_folder(folder, 0), PITH_MODELS, *request_of(200));
  ASSERT_TRUE(expected);
  EXPECT_EQ(collected.replies[200].segments[0].kept, expected->segments[0].kept);
}

}  // namespace
}  // namespace pith
