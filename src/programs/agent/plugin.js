// Herald's plugin: `herald install` writes this file, and `herald uninstall` removes it.
import { spawnSync } from "node:child_process"
import { homedir } from "node:os"

const COMMAND = $COMMAND
const EVENTS = $EVENTS

const [program, ...args] = COMMAND.map((word) => word.replace(/^\$HOME(?=\/)/, homedir))

const plugin = async ({ directory }) => {
  // The parents of subagents' sessions.
  const parents = new Map()
  // Sessions whose turn has failed or was aborted. They become idle, too.
  const failed = new Set()
  // What was asked and has no answer, by the request's id.
  const asked = new Map()

  const session = (id) => (parents.has(id) ? session(parents.get(id)) : id)

  // Waiting keeps the order, and the hook gets its payload even if the agent ends now.
  const hook = (event, id, details) => {
    const payload = { hook_event_name: event, session_id: session(id), cwd: directory, ...details }
    const options = { cwd: directory, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"], timeout: 10_000, windowsHide: true }
    try {
      return JSON.parse(spawnSync(program, args, { ...options, input: JSON.stringify(payload) }).stdout)
    } catch {
      return null
    }
  }
  const tell = (event, id, details) => (EVENTS.includes(event) ? hook(event, id, details) : null)

  const follow = ({ info }) => {
    if (info.parentID) parents.set(info.id, info.parentID)
  }
  const ask = ({ id, sessionID }, tool, input) => {
    const details = { tool_name: tool, tool_input: input ?? {} }
    if (!tell("PermissionRequest", sessionID, details)) return
    asked.set(id, [sessionID, details])
  }
  // An answer within the first moment is not the user's, and Herald makes no sound.
  const answered = ({ requestID, permissionID }) => {
    const request = asked.get(requestID ?? permissionID)
    if (request) hook("PermissionReplied", ...request)
    asked.delete(requestID ?? permissionID)
  }

  const handlers = {
    "session.created": (event) => {
      follow(event)
      if (!event.info.parentID) tell("SessionStart", event.info.id)
    },
    "session.updated": follow,
    "session.deleted": ({ info }) => {
      parents.delete(info.id)
      failed.delete(info.id)
    },
    "session.error": ({ sessionID, error }) => {
      failed.add(sessionID)
      const isAborted = error?.name === "MessageAbortedError"
      if (!isAborted && !parents.has(sessionID)) tell("StopFailure", sessionID, { error: error?.name })
    },
    "session.idle": ({ sessionID }) => {
      if (!failed.has(sessionID)) tell(parents.has(sessionID) ? "SubagentStop" : "Stop", sessionID)
    },
    "permission.asked": (request) => ask(request, request.permission, request.metadata),
    // Of older versions.
    "permission.updated": (request) => ask(request, request.type, request.metadata),
    "permission.replied": answered,
    "question.asked": (request) => ask(request, "question", { questions: request.questions }),
    "question.replied": answered,
    "question.rejected": answered,
  }

  return {
    event: async ({ event }) => {
      try {
        handlers[event.type]?.(event.properties)
      } catch {
        // An event of another form is not worth an error of the agent.
      }
    },
    "chat.message": async ({ sessionID }) => {
      failed.delete(sessionID)
      if (!parents.has(sessionID)) tell("UserPromptSubmit", sessionID)
    },
    "tool.execute.before": async ({ tool, sessionID, callID }, { args }) => {
      const details = { tool_name: tool, tool_input: args, tool_use_id: callID }
      const reply = tell("PreToolUse", sessionID, details)
      if (reply?.decision === "deny") throw new Error(reply.reason)
    },
    "tool.execute.after": async ({ tool, sessionID, callID, args }, result) => {
      const details = { tool_name: tool, tool_input: args, tool_use_id: callID }
      tell("PostToolUse", sessionID, { ...details, tool_response: result?.output })
    },
  }
}

$EXPORT
