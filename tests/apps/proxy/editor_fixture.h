// A RequestEditor with everything behind it (memo, log, broker, compressor) and no sockets before
// it.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <zmq.hpp>

#include "apps/compressd/compressor_server.h"
#include "apps/proxy/request_editor.h"
#include "tests/graph/fake_policy.h"
#include "tests/temporary_dir.h"

namespace pith {

/// What a conversation's first tool result asks for: prose of which the fake policy drops half.
inline std::string chat(const std::vector<std::string>& tool_results) {
  std::string body = R"({"model":"gpt-4o","messages":[{"role":"user","content":"look"})";
  for (const std::string& text : tool_results) {
    body += R"(,{"role":"tool","tool_call_id":"c","content":")" + text + "\"}";
  }
  return body + "]}";
}

struct Edited {
  EditedRequest request;
  std::string sent;  ///< The body that would go upstream.
  std::string_view header(std::string_view name) const {
    return find_header(request.response_headers, name);
  }
  std::string_view status() const { return header("x-pith-status"); }
};

class EditorTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void TearDown() override { stop(); }

  void start() {
    if (!memo_) open_memo();
    auto log = open_sqlite_log(dir_.file("log.db"));
    ASSERT_TRUE(log);
    log_ = *std::move(log);
    serve_policies({policy_});
    auto broker = Broker::start(
        context_, {.endpoints = {"inproc://compress"}, .heartbeat = std::chrono::milliseconds(50)});
    ASSERT_TRUE(broker);
    broker_ = *std::move(broker);
    RequestEditor::Parts parts{std::make_shared<const Config>(config_),
                               PITH_MODELS,
                               key_,
                               memo_.get(),
                               log_.get(),
                               broker_.get(),
                               [this](const EditRecord& record) {
                                 const std::lock_guard lock(records_mutex_);
                                 records_.push_back(record);
                               }};
    editor_ = std::make_unique<RequestEditor>(std::move(parts));
    for (int i = 0; i < 400 && !broker_->health()[0].alive; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  void stop() {
    policy_->open_gate();
    editor_.reset();
    broker_.reset();
    server_.reset();
    log_.reset();
    memo_.reset();
  }
  void open_memo(std::uint32_t page_count_max = 0) {
    Memo::Options options;
    options.path = dir_.file("memo.db");
    options.page_count_max = page_count_max;
    options.now_us = [this] { return now_us_.load(); };
    auto memo = Memo::open(options);
    ASSERT_TRUE(memo);
    memo_ = *std::move(memo);
  }
  void serve_policies(std::vector<std::shared_ptr<const KeepPolicy>> policies) {
    if (server_) return server_->swap_policies(set_of(std::move(policies)));
    auto server = CompressorServer::start(context_, set_of(std::move(policies)),
                                          {.endpoints = {"inproc://compress"},
                                           .ndjson = {},
                                           .models_dir = PITH_MODELS,
                                           .limits = {.workers = 2},
                                           .heartbeat = std::chrono::milliseconds(50)});
    ASSERT_TRUE(server);
    server_ = *std::move(server);
  }
  void use(const Config& config) {
    config_ = config;
    editor_->set_config(std::make_shared<const Config>(config));
  }

  std::shared_ptr<EdgeRequest> request(std::string body, HeaderList headers = {}) const {
    auto made = std::make_shared<EdgeRequest>();
    made->head = {"POST", "/v1/chat/completions", 11, std::move(headers), "127.0.0.1"};
    made->body = std::move(body);
    made->body.reserve(made->body.size() + 64);
    made->received_at = std::chrono::steady_clock::now();
    return made;
  }
  std::future<Edited> begin(const std::shared_ptr<EdgeRequest>& asked, Api api = Api::kOpenAiChat) {
    auto promise = std::make_shared<std::promise<Edited>>();
    editor_->edit(api, asked, [promise, asked](EditedRequest edited) {
      std::string sent = edited.replace_body ? edited.body : asked->body;
      promise->set_value({std::move(edited), std::move(sent)});
    });
    return promise->get_future();
  }
  Edited edit(std::string body, HeaderList headers = {}, Api api = Api::kOpenAiChat) {
    auto future = begin(request(std::move(body), std::move(headers)), api);
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      ADD_FAILURE() << "no answer";
      std::abort();  // The editor would wait for it as well.
    }
    return future.get();
  }
  /// Records come after the answer.
  EditRecord last_record(std::size_t count) {
    for (int i = 0; i < 1000; ++i) {
      {
        const std::lock_guard lock(records_mutex_);
        if (records_.size() >= count) return records_[count - 1];
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ADD_FAILURE() << "no record";
    return {};
  }

  TemporaryDir dir_;
  std::atomic<std::int64_t> now_us_{1'700'000'000'000'000};  ///< The memo's clock.
  HashKey key_{std::array<std::uint8_t, 32>{7}};
  Config config_;
  zmq::context_t context_;
  std::shared_ptr<FakePolicy> policy_ = std::make_shared<FakePolicy>("fake");
  std::unique_ptr<Memo> memo_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<CompressorServer> server_;
  std::unique_ptr<Broker> broker_;
  std::mutex records_mutex_;
  std::vector<EditRecord> records_;
  std::unique_ptr<RequestEditor> editor_;
};

}  // namespace pith
