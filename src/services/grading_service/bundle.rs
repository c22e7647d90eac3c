//! Evidence bundles of grades.

use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use super::{Gradings, name_of};
use crate::domain::subject::SubjectKind;
use crate::services::pb;

impl Gradings {
    /// Tells the bundle of a grade; of a natural person only on record.
    pub(super) async fn bundle(
        &self,
        request: Request<pb::GetEvidenceBundleRequest>,
    ) -> Result<Response<pb::EvidenceBundle>, Status> {
        let (_, extensions, message) = request.into_parts();
        self.0.principal(&extensions)?;
        let pair = (message.subject.as_str(), message.sector.as_str());
        let asked = self.pair(pair, &message.as_of, message.known.as_ref())?;
        let answer = self.ask(&message.min_revision, move |reading, grades| {
            let known = asked.known(grades, reading.place)?;
            let number = crate::subjects::read::number(reading.view, asked.subject)?;
            let read = grades.grade(number, asked.sector, known)?;
            let who = read.fact.who;
            let name = name_of(reading, who.subject)?;
            let (bundle, snapshots) = grades.bundle(&read, name, reading.epoch())?;
            let bundle = bundle.to_json();
            let told = pb::EvidenceBundle {
                sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(bundle.as_bytes())),
                bundle,
                revision: reading.place.to_string(),
            };
            Ok((told, who.kind, snapshots))
        });
        let (metadata, (told, kind, snapshots), further) = answer.await?.into_parts();
        match kind {
            SubjectKind::Organisation | SubjectKind::IndividualBusiness => {}
            SubjectKind::Person => {
                let who = self.0.in_full(&extensions, &message.purpose)?;
                self.0.note(who, snapshots, self.0.deadline(&extensions)).await?;
            }
        }
        Ok(Response::from_parts(metadata, told, further))
    }
}
