//! Why a command or a question is refused: the reason, the text in two languages, and what may help.
//!
//! The wire's codes are chosen in `services::status`; nothing here knows of gRPC.

use std::fmt;
use std::time::Duration;

/// Declares the reasons in order of precedence, with their names and standing texts.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $variant:ident, $name:literal, $english:literal, $chinese:literal;)*) => {
        /// The reason of a refusal; each is one value of the wire's `ErrorReason`.
        ///
        /// The order is the order of precedence: where several reasons apply, the least one is given.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Reason {
            /// All reasons, in order of precedence.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the name that stands in `ErrorInfo.reason` and names the page in `docs/errors`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns what the reason means, in English, as a clause without a full stop.
            #[must_use]
            pub fn english(self) -> &'static str {
                match self { $(Self::$variant => $english,)* }
            }

            /// Returns what the reason means, in Chinese.
            #[must_use]
            pub fn chinese(self) -> &'static str {
                match self { $(Self::$variant => $chinese,)* }
            }
        }
    };
}

reasons! {
    /// The caller's identity does not allow this call, or not for the department named.
    PermissionRefused, "PERMISSION_REFUSED", "the caller may not do this", "调用方无权执行此操作";
    /// The server has a list of principals, and nobody on it has this token or certificate.
    CallerUnknown, "CALLER_UNKNOWN", "the caller shows no token or certificate that is known here", "未识别调用方身份";
    /// The path of the call names no method of this server.
    MethodUnknown, "METHOD_UNKNOWN", "the server has no such method", "服务器没有此方法";
    /// A health check or a reflection question names a service or symbol that this server does not have.
    ServiceUnknown, "SERVICE_UNKNOWN", "the server has no service of this name", "服务器没有此名称的服务";
    /// The request is HTTP/2, but its `content-type` is not `application/grpc` or `application/grpc+proto`.
    ContentTypeUnsupported, "CONTENT_TYPE_UNSUPPORTED", "the content type is not application/grpc", "内容类型不是 application/grpc";
    /// The request is compressed by a method that the server does not know.
    EncodingUnsupported, "ENCODING_UNSUPPORTED", "the compression of the request is not supported; use gzip or none", "不支持请求的压缩方式，请使用 gzip 或不压缩";
    /// One message is larger than `message_size_max` (4 MiB unless set otherwise), compressed or unpacked.
    MessageTooLarge, "MESSAGE_TOO_LARGE", "the message is larger than the server takes", "消息超过服务器允许的大小";
    /// The bytes of the request do not decode: damaged protobuf, text that is not UTF-8, a unary call
    /// without message or with more than one.
    MalformedRequest, "MALFORMED_REQUEST", "the request is not a valid protobuf message of this method", "请求不是该方法的有效 protobuf 消息";
    /// `request_id` is missing or is not a UUID in its usual form of 36 characters.
    MalformedRequestId, "MALFORMED_REQUEST_ID", "request_id must be a UUID", "request_id 必须是 UUID";
    /// A resource name does not have the form of its kind, such as `commitments/{accepting body
    /// code}-{commitment code}`.
    MalformedName, "MALFORMED_NAME", "the resource name is malformed", "资源名称格式不正确";
    /// `min_revision` is not of the form `EPOCH.REVISION`.
    MalformedRevision, "MALFORMED_REVISION", "a revision is written EPOCH.REVISION, such as 1.20481", "版本号应写作 EPOCH.REVISION，例如 1.20481";
    /// `page_token` does not decode.
    MalformedPageToken, "MALFORMED_PAGE_TOKEN", "the page token was not made by this server", "分页令牌不是本服务器签发的";
    /// `page_token` was made for another filter than the one sent with it.
    PageTokenForeign, "PAGE_TOKEN_FOREIGN", "the page token belongs to a request with another filter", "分页令牌属于另一筛选条件的请求";
    /// A field has a value that is wrong whatever the state: a date that does not exist, a negative page
    /// size, an enum value that is not on the list, a required field left empty.
    MalformedValue, "MALFORMED_VALUE", "a field of the request has a value that is not allowed", "请求中有字段的取值不被允许";
    /// `purpose` is empty although a natural person is looked up.
    PurposeRequired, "PURPOSE_REQUIRED", "looking up a natural person needs a purpose", "查询自然人须说明用途";
    /// A batch without rows was sent.
    BatchEmpty, "BATCH_EMPTY", "the batch has no rows", "批次中没有记录";
    /// The batch holds more than 1,000 rows.
    BatchTooLarge, "BATCH_TOO_LARGE", "a batch holds at most 1,000 rows", "每批最多 1000 条记录";
    /// A revision or page token names an earlier epoch: the ledger was restored or cut since.
    EpochEnded, "EPOCH_ENDED", "the revision belongs to an epoch that has ended", "该版本号属于已结束的纪元";
    /// The same principal used this `request_id` before, with other content.
    RequestIdReused, "REQUEST_ID_REUSED", "the request id was used before with other content", "该请求编号此前已用于其他内容";
    /// No commitment with this name is recorded, or the caller may not know of it.
    CommitmentUnknown, "COMMITMENT_UNKNOWN", "no such commitment is recorded", "没有记录此承诺";
    /// No batch of this request id was recorded for the caller.
    BatchUnknown, "BATCH_UNKNOWN", "no such batch of the caller is recorded", "没有记录调用方的此批次";
    /// No credit record with this name is recorded, or the caller may not know of it.
    RecordUnknown, "RECORD_UNKNOWN", "no such record is recorded", "没有此信用记录";
    /// No subject has this name or code, or the caller may not know of it.
    SubjectUnknown, "SUBJECT_UNKNOWN", "no such subject is known", "没有此信用主体";
    /// The subject has no membership in this sector that begins on this day.
    MembershipUnknown, "MEMBERSHIP_UNKNOWN", "no such membership is recorded", "没有记录此领域归属";
    /// The subject went into no other, so that there is no merger to undo.
    MergeUnknown, "MERGE_UNKNOWN", "no merger of this subject stands", "该主体没有有效的合并记录";
    /// The fact or subject named has no open question, or had one that was answered.
    QuestionUnknown, "QUESTION_UNKNOWN", "no open question is named so", "没有此待处理问题";
    /// The commitment exists, but not the snapshot asked for.
    SnapshotUnknown, "SNAPSHOT_UNKNOWN", "the commitment has no snapshot of this number", "该承诺没有此编号的快照";
    /// The catalogue in force has no department of this name.
    DepartmentUnknown, "DEPARTMENT_UNKNOWN", "no such department is in the catalogue in force", "现行目录中没有此部门";
    /// The catalogue in force has no body of this name.
    BodyUnknown, "BODY_UNKNOWN", "no such body is in the catalogue in force", "现行目录中没有此执法主体";
    /// The catalogue in force has no sector of this name.
    SectorUnknown, "SECTOR_UNKNOWN", "no such sector is in the catalogue in force", "现行目录中没有此领域";
    /// No excuse has this name.
    ExcuseUnknown, "EXCUSE_UNKNOWN", "no such excuse was filed", "没有此迟报说明";
    /// No edition of a national list has this name, or none is in force on the day asked for.
    EditionUnknown, "EDITION_UNKNOWN", "no such edition of a national list is known", "没有此版国家清单或目录";
    /// No rule set of the data in force grades this sector on the day asked for.
    RuleSetUnknown, "RULE_SET_UNKNOWN", "no rule set grades this sector on this day", "该领域在此日期没有分级规则";
    /// No grade was settled for the subject in this sector on the day and at the revision asked for.
    GradeUnknown, "GRADE_UNKNOWN", "no grade of this subject in this sector is settled", "该主体在此领域没有已确定的等级";
    /// No correction of the subject's grade in this sector is open.
    CorrectionUnknown, "CORRECTION_UNKNOWN", "no correction of this grade waits for a decision", "该等级没有待确认的更正";
    /// The objection was never filed, or was answered.
    ObjectionUnknown, "OBJECTION_UNKNOWN", "no objection of this name waits for an answer", "没有此待答复的异议";
    /// The grade was settled by a run, and the last day for objections to its results, `metadata.objections_until`, has passed.
    ObjectionTermOver, "OBJECTION_TERM_OVER", "the term for objections to this result is over", "对该结果提出异议的期限已过";
    /// The subject went into another one, under which its records count.
    SubjectMerged, "SUBJECT_MERGED", "the subject went into another; use its successor", "该主体已并入其他主体，请使用承继主体";
    /// Two subjects are the same one, or one is a natural person and the other is not.
    SubjectsUnlike, "SUBJECTS_UNLIKE", "the two subjects are one, or of kinds that do not mix", "两个主体相同，或其类别不允许此操作";
    /// No record of the subject is selected.
    SelectionEmpty, "SELECTION_EMPTY", "the selection holds no record of this subject", "所选范围内没有该主体的记录";
    /// A selection holds more than one call may move.
    SelectionTooLarge, "SELECTION_TOO_LARGE", "the selection holds more than one call may move; narrow it", "所选范围超过单次允许的数量，请缩小范围";
    /// The data in force has no layout of credit records with this code.
    LayoutUnknown, "LAYOUT_UNKNOWN", "no such layout is in force", "现行数据格式中没有此格式";
    /// The commitment was withdrawn and takes no further records.
    CommitmentWithdrawn, "COMMITMENT_WITHDRAWN", "the commitment was withdrawn", "该承诺已被撤销";
    /// The commitment has a performance record with other content.
    PerformanceExists, "PERFORMANCE_EXISTS", "another performance record exists on this commitment", "该承诺已存在履约记录";
    /// The record has come to an end after which the one asked for cannot come.
    RecordEnded, "RECORD_ENDED", "the record has come to another end", "该记录已有其他终止状态";
    /// The record has come to no end that could be taken back.
    RecordNotEnded, "RECORD_NOT_ENDED", "the record has come to no end", "该记录没有终止状态";
    /// A ruling that stands brought the record to its end.
    RulingStands, "RULING_STANDS", "a ruling that stands brought this end", "该终止状态由有效的裁决产生";
    /// The excuse has another judgment.
    ExcuseJudged, "EXCUSE_JUDGED", "the excuse was judged otherwise", "该迟报说明已有不同的认定";
    /// A month that is not over cannot be confirmed as empty.
    MonthNotOver, "MONTH_NOT_OVER", "the month is not over", "该月份尚未结束";
    /// Rows of the month are here; `metadata.rows` says how many.
    MonthNotEmpty, "MONTH_NOT_EMPTY", "the month is not empty", "该月份已有数据，不能零报告";
    /// The commitment has a breach record, and the one sent is not its next state.
    BreachExists, "BREACH_EXISTS", "another breach record exists on this commitment", "该承诺已存在违诺记录";
    /// The consequence of a breach is not named in item 8 of the form, so that it has no basis.
    ConsequenceNotInForm, "CONSEQUENCE_NOT_IN_FORM", "the form does not name this consequence", "承诺书未载明此违诺责任";
    /// No notice pair has this name, or the caller may not know of it.
    NoticeUnknown, "NOTICE_UNKNOWN", "no such notice pair is known", "没有此告知书事项";
    /// The pair has no receipt of this revision to link to.
    ReceiptUnknown, "RECEIPT_UNKNOWN", "the pair has no such receipt", "该事项没有此送达回证";
    /// A decision of this kind gets no notice; `metadata.reason` says why.
    NoticeOutOfScope, "NOTICE_OUT_OF_SCOPE", "the decision gets no notice", "该决定不在告知范围内";
    /// The decision has a notice for this party; `metadata.name` names it.
    NoticeExists, "NOTICE_EXISTS", "the decision has a notice for this party", "该决定对此当事人已有告知书";
    /// The pair is owed: there is no notice that could have been delivered.
    NoticeNotIssued, "NOTICE_NOT_ISSUED", "no notice of this pair is issued yet", "该事项尚未签发告知书";
    /// The decision is recorded; it is withdrawn by its record, and the pair with it.
    NoticeMatched, "NOTICE_MATCHED", "the decision is recorded; withdraw its record", "该决定已入库，请撤销其记录";
    /// The pair was voided, or another notice took its place.
    NoticeEnded, "NOTICE_ENDED", "the pair was voided or replaced", "该事项已作废或者被替换";
    /// The receipt does not prove a delivery by its mode; the violations say what is missing.
    ReceiptIncomplete, "RECEIPT_INCOMPLETE", "the receipt does not prove the delivery", "送达回证不足以证明送达";
    /// The mode of delivery may be used only after others failed; `metadata.first` names them.
    ModeNotAllowed, "MODE_NOT_ALLOWED", "this mode of delivery may not be used yet", "尚不能采用此送达方式";
    /// The clock was not set, has ended or passed, or is not suspended.
    ClockNotRunning, "CLOCK_NOT_RUNNING", "the clock does not allow this", "该期限不允许此操作";
    /// The repair rules in force say nothing of such a decision; `metadata.cause` says what is missing.
    RepairRulesMissing, "REPAIR_RULES_MISSING", "no repair rule says what the notice would say", "没有可适用的信用修复规则";
    /// A call about a single record was refused by the rules for its items; `BadRequest` lists every
    /// violation.
    RowRefused, "ROW_REFUSED", "the record was refused; the violations say why", "该记录被拒绝，原因见明细";
    /// A period in working days reaches into a year that has no calendar; `metadata.year` names it.
    CalendarMissing, "CALENDAR_MISSING", "a year that the period needs has no working-day calendar", "期间所涉年份没有工作日历";
    /// AdvanceClock exists only under a test clock.
    NoTestClock, "NO_TEST_CLOCK", "the server runs on the real clock", "服务器使用真实时钟";
    /// AdvanceClock names an instant before the one at which the clock stands.
    ClockBackwards, "CLOCK_BACKWARDS", "the test clock stands later already", "测试时钟已晚于该时刻";
    /// ConfirmClock states a time more than 5 minutes from the server's clock.
    ClockDiffers, "CLOCK_DIFFERS", "the server's clock does not show the stated time", "服务器时钟与所述时间不符";
    /// `min_revision` lies beyond the last revision of this server and was not reached within the wait.
    RevisionNotReached, "REVISION_NOT_REACHED", "the ledger has not reached this revision", "账本尚未到达该版本号";
    /// A read could not be finished within the life of its view of the tables, 30 seconds.
    ViewExpired, "VIEW_EXPIRED", "the read took too long and its view of the data is gone", "读取时间过长，其数据视图已失效";
    /// More writes wait than the server admits.
    IngestQueueFull, "INGEST_QUEUE_FULL", "the queue of writes is full; try again later", "写入队列已满，请稍后重试";
    /// The caller's deadline, or the server's own limit for a call, passed first.
    DeadlinePassed, "DEADLINE_PASSED", "the deadline of the call passed before it was answered", "在答复之前已超过调用期限";
    /// The caller gave the call up.
    CallCancelled, "CALL_CANCELLED", "the call was cancelled by the caller", "调用方已取消调用";
    /// The server takes no new work because it is stopping.
    ShuttingDown, "SHUTTING_DOWN", "the server is stopping; repeat with the same request id", "服务器正在停止，请用同一请求编号重试";
    /// Nothing can be recorded at the moment, and nothing was.
    ReadOnly, "READ_ONLY", "the server takes no writes for now; reads go on", "服务器暂不接受写入，读取照常";
    /// The clock stands more than 5 minutes behind the last record, so that nothing can be dated.
    ClockBehind, "CLOCK_BEHIND", "the server's clock stands behind its last record", "服务器时钟落后于最后一条记录";
    /// A write to the disk failed while this call was under way.
    OutcomeUnknown, "OUTCOME_UNKNOWN", "it is not known whether this was recorded; repeat with the same request id", "无法确定是否已记录，请用同一请求编号重试";
    /// The derived tables are being rebuilt from the ledger; nothing is lost.
    Rebuilding, "REBUILDING", "the tables are being rebuilt from the ledger", "正在根据账本重建数据表";
    /// A record in the ledger or a key of it cannot be read.
    RecordCorrupt, "RECORD_CORRUPT", "a stored record does not decode", "已存储的记录无法解码";
    /// The storage below the tables failed.
    StorageFailed, "STORAGE_FAILED", "storage failed; see the log", "存储出错，详见日志";
    /// A fault of the program ended this call.
    HandlerPanicked, "HANDLER_PANICKED", "the server failed in this call; report the incident id", "服务器在处理此调用时出错，请报告事件编号";
    /// The call ended with an error that has no reason of its own.
    ServerFault, "SERVER_FAULT", "the server failed in this call", "服务器在处理此调用时出错";
}

/// A refusal of a whole command or question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    pub reason: Reason,
    /// What is wrong and how to mend it; holds no personal identifier.
    pub english: String,
    /// The same in Chinese.
    pub chinese: String,
    /// Every variable part of the texts, under a name in `snake_case`.
    pub metadata: Vec<(String, String)>,
    /// Fields that are wrong.
    pub violations: Vec<Violation>,
    /// After which time trying again may help.
    pub retry_after: Option<Duration>,
}

/// A field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field.
    pub field: String,
    /// What is wrong with it.
    pub english: String,
    /// The same in Chinese; `None` where the field is not of a form but of the call alone.
    pub chinese: Option<String>,
}

impl Refusal {
    /// A refusal with texts of its own.
    #[must_use]
    pub fn new(reason: Reason, english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self {
            reason,
            english: english.into(),
            chinese: chinese.into(),
            metadata: Vec::new(),
            violations: Vec::new(),
            retry_after: None,
        }
    }

    /// A refusal with the texts that its reason always has.
    #[must_use]
    pub fn plain(reason: Reason) -> Self {
        Self::new(reason, reason.english(), reason.chinese())
    }

    /// Adds one variable part.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.push((name.into(), value.into()));
        self
    }

    /// Adds one wrong field.
    #[must_use]
    pub fn violating(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.violations.push(Violation {
            field: field.into(),
            english: description.into(),
            chinese: None,
        });
        self
    }

    /// Adds one wrong field of a form, which its officer is to mend.
    #[must_use]
    pub fn violating_in_both(
        mut self,
        field: impl Into<String>,
        english: impl Into<String>,
        chinese: impl Into<String>,
    ) -> Self {
        self.violations.push(Violation {
            field: field.into(),
            english: english.into(),
            chinese: Some(chinese.into()),
        });
        self
    }

    /// Says after which time trying again may help.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.name(), self.english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permission_comes_before_everything_else() {
        assert_eq!(Reason::ALL.iter().min(), Some(&Reason::PermissionRefused));
        assert!(Reason::ALL.is_sorted());
    }

    #[test]
    fn a_refusal_reads_as_its_name_and_its_text() {
        let refusal = Refusal::plain(Reason::BatchEmpty).violating("rows", "is empty");
        assert_eq!(refusal.to_string(), "BATCH_EMPTY: the batch has no rows");
    }
}
