//! `cauce doctor` finds every kind of fault, and nothing where there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cauce_designer_api::doctor::{Report, examine, mend};
use cauce_inbox::DESK_CASES;
use cauce_model::{ContactEvent, DeskEvent};
use cauce_runtime::to_bytes;
use cauce_store::{Files, Table};
use cauce_tests::scene::Scene;
use serde_json::json;

use crate::faults::{FAULTS, MAIL, PLACED, READ, Rows, TIMERS, Who};

fn codes(report: &Report) -> BTreeSet<&'static str> {
    report.counts.iter().map(|count| count.code).collect()
}

#[tokio::test]
async fn where_everything_is_under_way_all_is_as_it_must_be() {
    let scene = Scene::play().await;
    let files = Files::look_at(&scene.house.folder().join("files"));
    let report = examine(scene.house.app().store().as_ref(), Some(&files)).await.unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    for table in
        ["contacts", "runs", "timers", "calls", "tails", "chunks", "recents", "cases at the desk", "files"]
    {
        assert!(report.rows[table] > 0, "the scene has no {table}");
    }
    // And after an end in order, and after one that was none.
    for crash in [false, true] {
        if crash {
            scene.house.crash().await;
            scene.house.reopen().await;
        } else {
            scene.house.restart().await;
        }
        scene.settle().await;
        let report = examine(scene.house.app().store().as_ref(), Some(&files)).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    }
}

#[tokio::test]
async fn every_kind_of_fault_is_found_and_what_can_be_mended_is() {
    let scene = Scene::play().await;
    let files = Files::look_at(&scene.house.folder().join("files"));
    let (who, whole) = (Who::of(&scene).await, Rows::of_house(&scene.house).await);
    let mut mended = BTreeSet::new();
    for (number, (code, plant)) in FAULTS.iter().enumerate() {
        let mut rows = whole.clone();
        plant(&mut rows, &who);
        let store = rows.store().await;
        let report = examine(&store, Some(&files)).await.unwrap();
        let found: Vec<_> = report.findings.iter().filter(|finding| finding.code == *code).collect();
        assert!(!found.is_empty(), "fault {number}, {code}, is not found: {:#?}", report.findings);
        for finding in &found {
            assert!(!finding.what.is_empty() && !finding.mend.is_empty() && !finding.place.is_empty());
        }
        if found.iter().all(|finding| finding.mendable) {
            mended.insert(*code);
            for _ in 0..5 {
                mend(&store, Some(&files)).await.unwrap();
            }
            let after = examine(&store, Some(&files)).await.unwrap();
            assert!(
                !codes(&after).contains(code),
                "fault {number}, {code}, is not mended: {:#?}",
                after.findings
            );
            if codes(&report).len() == 1 {
                assert!(
                    after.is_clean(),
                    "fault {number}, {code}, is mended by another: {:#?}",
                    after.findings
                );
            }
        }
    }
    let least =
        ["wait_timer_missing", "list_wrong", "list_count", "timer_stray", "address_unbound", "mail_unsent"];
    assert!(least.iter().all(|code| mended.contains(code)), "{mended:?}");

    // Files that messages, versions and uploads name.
    let empty = tempfile::tempdir().unwrap();
    let store = whole.store().await;
    let report = examine(&store, Some(&Files::look_at(empty.path()))).await.unwrap();
    assert_eq!(codes(&report), ["file_missing"].into());
    let named = |by: &str| report.findings.iter().any(|finding| finding.place.contains(by));
    assert!(named(&who.hilda.to_string()) && named("flow foto"), "{:#?}", report.findings);
    assert!(examine(&store, None).await.unwrap().is_clean(), "nobody asked after files");
}

/// Every code in the sources has a fault above.
#[test]
fn no_kind_of_finding_is_without_a_fault() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut known = BTreeMap::new();
    for file in [
        "engine/store/src/doctor.rs",
        "engine/runtime/src/doctor.rs",
        "engine/conversation/src/doctor.rs",
        "engine/conversation/src/doctor/addresses.rs",
        "engine/conversation/src/doctor/history.rs",
        "engine/conversation/src/doctor/run.rs",
        "inbox/src/doctor.rs",
        "designer-api/src/directory.rs",
    ] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        for way in ["Finding::broken(", "Finding::attention(", "Finding::lagging("] {
            for rest in text.split(way).skip(1) {
                let code = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                known.insert(code.expect("a code comes first").to_owned(), file);
            }
        }
    }
    assert!(known.len() > 40, "{known:?}");
    let planted: BTreeSet<&str> = FAULTS.iter().map(|(code, _)| *code).chain(["file_missing"]).collect();
    let without: Vec<_> = known.iter().filter(|(code, _)| !planted.contains(code.as_str())).collect();
    assert!(without.is_empty(), "{without:?}");
}

/// What one part has decided and another has not heard of yet is no fault.
#[tokio::test]
async fn what_is_on_its_way_is_not_lost() {
    let scene = Scene::play().await;
    let (who, whole) = (Who::of(&scene).await, Rows::of_house(&scene.house).await);
    let desk = cauce_conversation::desk_entity(scene.house.app().workspace_id());
    let clean = async |rows: Rows| {
        let store = rows.store().await;
        let report = examine(&store, None).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    };

    // A case that its contact made, and the desk has not got.
    let mut rows = whole.clone();
    let contact = rows.contact_row(who.carla);
    let case = contact.live_case().unwrap().clone();
    let at_desk = rows.case_of(who.carla);
    rows.remove(std::slice::from_ref(&at_desk));
    let timers = rows.with(TIMERS, case.id);
    rows.remove(&timers);
    let created = DeskEvent::Created {
        case: case.id,
        contact: who.carla,
        queue: case.queue.clone(),
        queued_at: case.queued_at,
        timeout: None,
    };
    rows.mail(who.carla.slot(), &desk, &to_bytes(&created));
    clean(rows).await;

    // A case that the desk gave to somebody, and its contact has as waiting.
    let mut rows = whole.clone();
    let known = DESK_CASES.read(&at_desk, &rows.0[&rows.case_of(who.dora)]).unwrap().case;
    rows.contact(who.dora, |contact| {
        let case = contact.case.as_mut().unwrap();
        case.version -= 1;
        case.state = cauce_model::CaseState::Queued;
    });
    let to = cauce_conversation::contact_entity(who.dora);
    rows.mail(desk.slot, &to, &to_bytes(&ContactEvent::CaseMoved(known)));
    let mut behind = rows.clone();
    let lists = rows.with(PLACED, who.dora)[0].slot().unwrap();
    behind.edit(&READ, &READ.key(lists).text("inbox lists"), |read| *read -= 1);
    clean(behind).await;

    // Without the mail it is a fault, and with one that says something else as well.
    let store = rows.store().await;
    assert!(codes(&examine(&store, None).await.unwrap()).contains("list_wrong"), "the lists are not behind");
    rows.contact(who.dora, |contact| contact.case.as_mut().unwrap().version -= 1);
    let mail = rows.of(MAIL, |_| true);
    rows.edit(&Table::<serde_json::Value>::new(MAIL), &mail[0], |mail| mail["event"] = json!([1]));
    let store = rows.store().await;
    assert!(codes(&examine(&store, None).await.unwrap()).contains("case_disagrees"));
}
