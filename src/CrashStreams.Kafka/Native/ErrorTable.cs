using static CrashStreams.Kafka.Native.ErrorCode;

namespace CrashStreams.Kafka.Native;

/// <summary>What an error means for whoever has made the call.</summary>
internal enum ErrorKind
{
    /// <summary>Waiting, or somebody who mends the cluster or its permissions, mends it: the same call, or a new client's, may succeed later.</summary>
    Passing,

    /// <summary>The group or the transaction has gone on without this client. A new one goes on from what is committed.</summary>
    Fenced,

    /// <summary>The request itself is refused, and will be again.</summary>
    Final,
}

/// <summary>
/// The kind of every error of librdkafka and of Kafka. Where Kafka's Java clients call an error retriable it is <see cref="ErrorKind.Passing"/> here; so are
/// missing permissions other than those for a topic and failed authentication, because an administrator mends them while the application waits and says why.
/// </summary>
internal static class ErrorTable
{
    private static readonly HashSet<ErrorCode> _passing =
    [
        LocalDestroy, LocalFail, LocalTransport, LocalSystemResource, LocalResolve, LocalMessageTimedOut, LocalUnknownPartition, LocalUnknownTopic,
        LocalAllBrokersDown, LocalTimedOut, LocalQueueFull, LocalNotEnoughReplicas, LocalNodeUpdate, LocalSsl, LocalWaitCoordinator, LocalUnknownGroup,
        LocalInProgress, LocalPreviousInProgress, LocalConflict, LocalState, LocalAuthentication, LocalNoOffset, LocalOutdated, LocalTimedOutQueue,
        LocalWaitCache, LocalInterrupted, LocalPartial, LocalNoEntry, LocalUnderflow, LocalRetry, LocalPurgedFromQueue, LocalPurgedInFlight,
        LocalUnknownBroker, LocalNoOperation, LocalDestroyBroker, UnknownServerError, CorruptMessage, UnknownTopicOrPartition, LeaderNotAvailable,
        NotLeaderOrFollower, RequestTimedOut, BrokerNotAvailable, ReplicaNotAvailable, StaleControllerEpoch, NetworkException,
        CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator, NotEnoughReplicas, NotEnoughReplicasAfterAppend, InconsistentGroupProtocol,
        GroupAuthorizationFailed, ClusterAuthorizationFailed, UnsupportedSaslMechanism, IllegalSaslState, NotController, DuplicateSequenceNumber,
        ConcurrentTransactions, TransactionCoordinatorFenced, TransactionalIdAuthorizationFailed, OperationNotAttempted, KafkaStorageError,
        LogDirectoryNotFound, SaslAuthenticationFailed, ReassignmentInProgress, DelegationTokenAuthorizationFailed, DelegationTokenExpired,
        FetchSessionIdNotFound, InvalidFetchSessionEpoch, ListenerNotFound, FencedLeaderEpoch, UnknownLeaderEpoch, StaleBrokerEpoch,
        OffsetNotAvailable, MemberIdRequired, PreferredLeaderNotAvailable, GroupMaxSizeReached, EligibleLeadersNotAvailable, UnstableOffsetCommit,
        ThrottlingQuotaExceeded, InconsistentVoterSet, PrincipalDeserializationFailure, UnknownTopicId, InconsistentTopicId, UnreleasedInstanceId,
        UnknownControllerId, UnknownSubscriptionId, RebootstrapRequired,
    ];

    // As in Kafka Streams a producer that the broker does not know as it knows itself is fenced: only a new one can go on.
    private static readonly HashSet<ErrorCode> _fenced =
    [
        LocalGaplessGuarantee, LocalInconsistent, LocalMaxPollExceeded, LocalFenced, LocalAssignmentLost, IllegalGeneration, UnknownMemberId,
        RebalanceInProgress, OutOfOrderSequenceNumber, InvalidProducerEpoch, InvalidTransactionState, InvalidProducerIdMapping, UnknownProducerId,
        GroupIdNotFound, ProducerFenced, FencedMemberEpoch, StaleMemberEpoch, TransactionAbortable,
    ];

    private static readonly HashSet<ErrorCode> _final =
    [
        LocalBadMessage, LocalBadCompression, LocalPartitionEof, LocalFileSystem, LocalInvalidArgument, LocalExistingSubscription,
        LocalAssignPartitions, LocalRevokePartitions, LocalUnknownProtocol, LocalNotImplemented, LocalUnsupportedFeature, LocalKeySerialization,
        LocalValueSerialization, LocalKeyDeserialization, LocalValueDeserialization, LocalReadOnly, LocalInvalidType, LocalFatal, LocalNotConfigured,
        LocalApplication, LocalAutoOffsetReset, LocalLogTruncation, LocalInvalidDifferentRecord, OffsetOutOfRange, InvalidMessageSize, MessageTooLarge,
        OffsetMetadataTooLarge, InvalidTopic, RecordListTooLarge, InvalidRequiredAcks, InvalidGroupId, InvalidSessionTimeout, InvalidCommitOffsetSize,
        TopicAuthorizationFailed, InvalidTimestamp, UnsupportedVersion, TopicAlreadyExists, InvalidPartitions, InvalidReplicationFactor,
        InvalidReplicaAssignment, InvalidConfig, InvalidRequest, UnsupportedForMessageFormat, PolicyViolation, InvalidTransactionTimeout,
        SecurityDisabled, DelegationTokenAuthDisabled, DelegationTokenNotFound, DelegationTokenOwnerMismatch, DelegationTokenRequestNotAllowed,
        InvalidPrincipalType, NonEmptyGroup, TopicDeletionDisabled, UnsupportedCompressionType, FencedInstanceId, ElectionNotNeeded,
        NoReassignmentInProgress, GroupSubscribedToTopic, InvalidRecord, ResourceNotFound, DuplicateResource, UnacceptableCredential,
        InvalidUpdateVersion, FeatureUpdateFailed, UnsupportedAssignor, MismatchedEndpointType, UnsupportedEndpointType, TelemetryTooLarge,
        InvalidRegistration, InvalidRecordState, ShareSessionNotFound, InvalidShareSessionEpoch, FencedStateEpoch, InvalidVoterKey, DuplicateVoter,
        VoterNotFound, InvalidRegularExpression, StreamsInvalidTopology, StreamsInvalidTopologyEpoch, StreamsTopologyFenced, ShareSessionLimitReached,
    ];

    /// <summary>Whether the table has this error. One that a later Kafka adds is <see cref="ErrorKind.Final"/>: it is reported instead of tried for ever.</summary>
    public static bool Knows(ErrorCode code) => _passing.Contains(code) || _fenced.Contains(code) || _final.Contains(code);

    public static ErrorKind KindOf(ErrorCode code) => _passing.Contains(code) ? ErrorKind.Passing : _fenced.Contains(code) ? ErrorKind.Fenced : ErrorKind.Final;
}
